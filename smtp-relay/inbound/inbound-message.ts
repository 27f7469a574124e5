import type { BlobSource } from "../../src/blob/index.ts";
import type { TraceId } from "../../src/history/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import type { Notify } from "../../src/protocol/smtp/index.ts";
import type { MimeIndex } from "../../src/protocol/mime-structure/index.ts";
import type { Deliverable } from "../../src/tenants/index.ts";
import type { Verdict } from "./verdict.ts";
import type { OctetRange } from "./without-ranges.ts";

export interface InboundMessage {
  /** under which its history is found */
  readonly traceId: TraceId;
  readonly clientIp: string;
  /** "" is the null path */
  readonly mailFrom: string;
  readonly envid: string | null;
  /** RFC 3461 §4.3 */
  readonly ret: "FULL" | "HDRS" | null;
  /** It came with REQUIRETLS (RFC 8689): what is sent on of it is sent with that. */
  readonly requireTls: boolean;
  readonly recipients: readonly InboundRecipient[];
  /** What each tenant does with it; a tenant that is not named puts it into the inbox. Those that refuse it are not among the recipients. */
  readonly verdicts: ReadonlyMap<TenantId, Extract<Verdict, { kind: "inbox" | "junk" | "quarantine" }>>;
  /** The fields that go before the message, each with its line end: Received, and what the checks found. */
  readonly trace: string;
  readonly content: BlobSource;
  /** The header, for a notice. */
  readonly start: Uint8Array;
  /** Its parts as it came in, and the fields of its header that `content` is without; absent: nobody has read it yet. */
  readonly asReceived?: { readonly index: MimeIndex; readonly forged: readonly OctetRange[] };
  /** It is proven that it comes from the domain of the envelope's sender. */
  readonly isProven: boolean;
  /** Its sender has had a 250 for it already, and it lies in the spool under this id: it is filed once however often this is called,
   * full mailboxes take it too, and who is not there any more is told of by a notice. */
  readonly spooledId?: string;
}

export interface InboundRecipient {
  readonly address: string;
  readonly orcpt: string | null;
  /** What its sender hears (RFC 3461 §4.1); of success only where it is proven who that is. */
  readonly notify: Notify | null;
  readonly to: Deliverable;
}
