import { joinSources, sourceOf } from "../blob/index.ts";
import { TraceId } from "../history/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import { insertDeliveries, prepareMessage } from "../mailstore/index.ts";
import { printReturnPath } from "../protocol/smtp/index.ts";
import { findRecipients, type Recipient } from "../tenants/index.ts";
import type { AttemptResult } from "./decide-after-attempt.ts";
import type { Outbound } from "./outbound.ts";
import {
  claimDeliveries,
  type Lease,
  type QueuedRecipient,
  type QueueEntry,
  releaseDeliveries,
} from "./queue.store.ts";

type Local = Extract<Recipient, { kind: "local" }>;

const ours = (n: number, outcome: AttemptResult["outcome"], status: string, text: string): AttemptResult => ({
  n,
  outcome,
  status,
  reply: `${outcome === "delivered" ? 250 : outcome === "temporary" ? 452 : 550} ${status} ${text}`,
  remoteMta: null,
});

/** Delivers to those recipients of a queue entry who are on this system, without SMTP: one commit per tenant.
 * A mailbox gets one submission once, also when this is called again after a crash.
 * @returns what came of them, and who is elsewhere
 * @throws {MailError} unavailable */
export async function deliverHere(
  outbound: Outbound,
  lease: Lease,
  entry: QueueEntry,
): Promise<{ readonly results: readonly AttemptResult[]; readonly elsewhere: readonly QueuedRecipient[] }> {
  const found = await findRecipients(
    outbound.tenancy,
    entry.recipients.map((to) => to.address),
  );
  const results: AttemptResult[] = [];
  const elsewhere: QueuedRecipient[] = [];
  const local: { readonly n: number; readonly to: Local }[] = [];
  for (const queued of entry.recipients) {
    const to = found.get(queued.address) ?? { kind: "elsewhere" };
    switch (to.kind) {
      case "local":
        local.push({ n: queued.n, to });
        break;
      case "unknown_user":
        results.push(ours(queued.n, "permanent", "5.1.1", "There is no mailbox with this address here."));
        break;
      case "disabled":
        results.push(ours(queued.n, "permanent", "5.2.1", "This mailbox is switched off."));
        break;
      case "elsewhere":
        elsewhere.push(queued);
        break;
    }
  }
  for (const [tenantId, members] of Map.groupBy(local, (one) => one.to.tenantId)) {
    const outcomes = await deliverTo(
      outbound,
      lease,
      entry,
      tenantId,
      members.map(({ n, to }) => ({
        accountId: to.accountId,
        address: entry.recipients.find((one) => one.n === n)?.address ?? to.accountId,
      })),
    );
    for (const { n, to } of members) {
      const isThere = outcomes.get(to.accountId) === true;
      const isHopeless = entry.size > to.quotaBytes;
      if (isThere) results.push(ours(n, "delivered", "2.1.5", "Delivered"));
      else if (isHopeless)
        results.push(ours(n, "permanent", "5.2.2", "The message is larger than this mailbox."));
      else results.push(ours(n, "temporary", "4.2.2", "The mailbox is full."));
    }
  }
  return { results, elsewhere };
}

/** @returns for each account whether it has the message now */
async function deliverTo(
  outbound: Outbound,
  lease: Lease,
  entry: QueueEntry,
  tenantId: TenantId,
  members: readonly { readonly accountId: AccountId; readonly address: string }[],
): Promise<Map<AccountId, boolean>> {
  const { store } = outbound;
  const now = store.clock();
  const accounts = [...new Set(members.map((one) => one.accountId))];
  const returnPath = sourceOf(new TextEncoder().encode(printReturnPath(entry.mailFrom)));
  const content = { size: entry.size, chunks: () => store.vault.open(lease.tenantId, entry.blobId) };
  const prepared = await prepareMessage(store, tenantId, joinSources(returnPath, content));
  const arrived = ({ accountId, address }: (typeof members)[number]) => ({
    accountId,
    event: {
      traceId: TraceId.parse(entry.submissionId),
      at: now,
      kind: "filed" as const,
      recipient: address,
      opening: {
        direction: "in" as const,
        sender: entry.mailFrom,
        messageId: prepared.structure.ids?.[0] ?? null,
        size: prepared.blob.size,
        clientIp: null,
      },
      detail: { mailbox: "inbox" },
    },
  });
  const there = await store.db.tenant(tenantId, async (tx) => {
    const claimed = await claimDeliveries(tx, entry.submissionId, accounts, now);
    const outcomes = await insertDeliveries(
      tx,
      prepared,
      [...claimed].map((accountId) => ({
        accountId,
        mailbox: { role: "inbox" },
        flags: { bits: 0, keywords: [] },
        receivedAt: now,
      })),
      // The sender's own tenant has the beginning of this trace already, and hears the end by the record of the attempt.
      { history: tenantId === lease.tenantId ? [] : members.map(arrived) },
    );
    const refused = outcomes.filter((one) => one.outcome !== "delivered").map((one) => one.accountId);
    if (refused.length > 0) await releaseDeliveries(tx, entry.submissionId, refused);
    return new Map(accounts.map((id) => [id, !refused.includes(id)]));
  });
  store.changes.committed(
    tenantId,
    accounts.filter((id) => there.get(id)),
  );
  return there;
}
