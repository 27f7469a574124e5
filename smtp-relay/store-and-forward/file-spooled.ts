import type { Log } from "../../src/kernel/ports.ts";
import { claimSpooled } from "../../src/mailstore/index.ts";
import { type Outbound, queueNotice } from "../../src/outbound/index.ts";
import type { DsnRecipient } from "../../src/protocol/dsn/index.ts";
import { wantsNotice } from "../../src/protocol/smtp/index.ts";
import { findRecipients, isDeliverable, type Recipient } from "../../src/tenants/index.ts";
import { fileMessage } from "../inbound/file-message.ts";
import type { InboundMessage } from "../inbound/inbound-message.ts";
import { START_OCTETS } from "../inbound/spool.ts";
import { takeComplaint } from "../inbound/take-complaint.ts";
import type { Envelope, SpooledMessage } from "./message-spool.ts";

type To = Envelope["recipients"][number];

/** Files a message that its sender has had a 250 for. Whoever has gone since then is told of to the sender by a notice.
 * May be called again for the same message after a crash: it is filed once.
 * @throws {MailError} unavailable */
export async function fileSpooled(
  deps: { readonly outbound: Outbound; readonly log: Log },
  message: SpooledMessage,
): Promise<void> {
  const { outbound } = deps;
  const { id, envelope, content } = message;
  const { mailFrom, envid, ret, trace, traceId, clientIp, requireTls, isProven } = envelope;
  const addresses = envelope.recipients.map((to) => to.address);
  await takeComplaint(deps, addresses, content);
  const found = await findRecipients(outbound.tenancy, addresses, mailFrom);
  const recipients: InboundMessage["recipients"][number][] = [];
  const gone: { readonly to: To; readonly now: Recipient }[] = [];
  for (const to of envelope.recipients) {
    const now = found.get(to.address) ?? { kind: "unknown_user" };
    if (isDeliverable(now)) recipients.push({ ...to, to: now });
    else gone.push({ to, now });
  }
  const start = await startOf(message);
  if (gone.length > 0) await tellOfGone(outbound, message, gone, start);
  if (recipients.length === 0) return;
  await fileMessage(outbound, {
    spooledId: id,
    traceId,
    clientIp,
    mailFrom,
    envid,
    ret,
    requireTls,
    isProven,
    recipients,
    verdicts: new Map(envelope.verdicts.map((one) => [one.tenantId, one])),
    trace,
    content,
    start,
  });
}

/** One notice from each tenant, once. */
async function tellOfGone(
  outbound: Outbound,
  { id, envelope }: SpooledMessage,
  gone: readonly { readonly to: To; readonly now: Recipient }[],
  start: Uint8Array,
): Promise<void> {
  const { mailFrom, envid, receivedAt } = envelope;
  for (const [tenantId, list] of Map.groupBy(gone, ({ to }) => to.tenantId)) {
    const told = list
      .filter(({ to }) => wantsNotice(to.notify, "FAILURE") && mailFrom !== "")
      .map(({ to, now }): DsnRecipient => {
        const [status, text] =
          now.kind === "disabled"
            ? ["5.2.1", "This mailbox is switched off"]
            : ["5.1.1", "There is no mailbox with this address here"];
        const { address, orcpt } = to;
        const diagnostic = `550 ${status} ${text}`;
        return {
          address,
          orcpt,
          action: "failed",
          status,
          remoteMta: null,
          diagnostic,
          lastAttemptAt: receivedAt,
        };
      });
    if (told.length === 0) continue;
    const about = { arrivedAt: receivedAt, envid, start };
    await queueNotice(outbound, tenantId, mailFrom, told, about, [], (tx) =>
      claimSpooled(tx, noticeId(id), outbound.store.clock()),
    );
  }
}

/** The notice about a message is claimed apart from the message: an id next to its own. */
const noticeId = (id: string): string =>
  `${id.slice(0, -1)}${((Number.parseInt(id.slice(-1), 16) + 1) % 16).toString(16)}`;

/** The header, or the most of it. */
async function startOf({ content }: SpooledMessage): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of content.chunks()) {
    pieces.push(piece);
    size += piece.length;
    if (size >= START_OCTETS) break;
  }
  return Buffer.concat(pieces).subarray(0, START_OCTETS);
}
