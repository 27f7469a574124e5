import { type HistoryEvent, insertEvents, traceIdOf } from "../../src/history/index.ts";
import { MailError } from "../../src/kernel/error.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import type { Reply } from "../../src/protocol/smtp/index.ts";
import type { SmtpServer } from "../smtp/smtp-deps.ts";
import type { Transaction } from "../smtp/smtp-policy.ts";
import { refusedEvent } from "./message-history.ts";
import type { Verdict } from "./verdict.ts";

/** Who was to get it, and what the sender was told instead. */
export interface Refusal {
  readonly tenantId: TenantId;
  readonly address: string;
  readonly reply: Reply;
  readonly reasons?: Verdict["reasons"];
}

/** What is known of a message that is not taken; nothing of its content before DATA. */
export interface Untaken {
  readonly id: string;
  readonly mailFrom: string;
  readonly clientIp: string;
  readonly start: Uint8Array;
  readonly size: number;
}

const NOTHING = async function* (): AsyncGenerator<Uint8Array> {};

/** Tells the history of each agency why a message did not come in, so that an administrator finds it. The answer to the sender does
 * not depend on that: when the database is away, nobody is told. */
export async function recordRefusals(
  { outbound, log }: Pick<SmtpServer, "outbound" | "log">,
  { id, mailFrom, clientIp, start, size }: Untaken,
  refusals: readonly Refusal[],
): Promise<void> {
  const about = { traceId: traceIdOf(id), mailFrom, clientIp, start, content: { size, chunks: NOTHING } };
  for (const [tenantId, list] of Map.groupBy(refusals, (one) => one.tenantId)) {
    const events = list.map(({ address, reply, reasons }): HistoryEvent =>
      refusedEvent(outbound, about, address, reply, reasons),
    );
    try {
      await outbound.store.db.tenant(tenantId, (tx) => insertEvents(tx, events));
    } catch (error) {
      if (!(error instanceof MailError) || error.code !== "unavailable") throw error;
      log.warn("refusal_not_recorded", { id, tenantId });
    }
  }
}

/** The recipients of a message that none of them gets, with what their agencies found. */
export function refusalsOf(
  { recipients }: Transaction,
  reply: Reply,
  verdicts: ReadonlyMap<TenantId, Verdict>,
): Refusal[] {
  return recipients.flatMap(({ path, to }) =>
    "tenantId" in to
      ? [
          {
            tenantId: to.tenantId,
            address: path.address,
            reply,
            reasons: verdicts.get(to.tenantId)?.reasons ?? [],
          },
        ]
      : [],
  );
}
