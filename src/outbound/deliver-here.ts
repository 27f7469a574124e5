import { type BlobSource, joinSources, sourceOf } from "../blob/index.ts";
import { TraceId } from "../history/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import { prepareMessage } from "../mailstore/index.ts";
import { printReceived, printReturnPath } from "../protocol/smtp/index.ts";
import {
  type Deliverable,
  findRecipients,
  isCopy,
  isDeliverable,
  type LocalRecipient,
} from "../tenants/index.ts";
import type { AttemptResult } from "./decide-after-attempt.ts";
import type { Notify } from "../protocol/smtp/index.ts";
import { claimForwards } from "./forward.store.ts";
import { readMarks } from "./forward-marks.ts";
import { insertForward, prepareForwards, type PreparedForward, prepareReturn } from "./forward-message.ts";
import { wishesOf } from "./forward-wishes.ts";
import { insertManyDeliveries } from "./insert-many.ts";
import type { Outbound } from "./outbound.ts";
import { type Filing, type FilingPlan, planFiling } from "./plan-filing.ts";
import {
  claimDeliveries,
  type Lease,
  type QueuedRecipient,
  type QueueEntry,
  releaseDeliveries,
} from "./queue.store.ts";

/** So much of a message is read for its header. */
const HEADER_MAX = 65_536;

const ours = (n: number, outcome: AttemptResult["outcome"], status: string, text: string): AttemptResult => ({
  n,
  outcome,
  status,
  reply: `${outcome === "delivered" ? 250 : outcome === "temporary" ? 452 : 550} ${status} ${text}`,
  remoteMta: null,
});

/** A recipient on this system. */
interface HereRecipient {
  readonly n: number;
  readonly address: string;
  readonly notify: Notify | null;
  readonly orcpt: string | null;
  readonly to: Deliverable;
}

/** Delivers to those recipients of a queue entry who are on this system, without SMTP: one commit per tenant.
 * A mailbox gets one submission once, and a forward sends it on once, also when this is called again after a crash.
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
    entry.mailFrom,
  );
  const results: AttemptResult[] = [];
  const elsewhere: QueuedRecipient[] = [];
  const here: HereRecipient[] = [];
  for (const queued of entry.recipients) {
    const { n, address, notify, orcpt } = queued;
    const to = found.get(address) ?? { kind: "elsewhere" };
    if (isDeliverable(to)) {
      here.push({ n, address, notify, orcpt, to });
      continue;
    }
    switch (to.kind) {
      case "unknown_user":
        results.push(ours(n, "permanent", "5.1.1", "There is no mailbox with this address here."));
        break;
      case "disabled":
        results.push(ours(n, "permanent", "5.2.1", "This mailbox is switched off."));
        break;
      case "refused":
        results.push(
          to.why === "senders"
            ? ours(n, "permanent", "5.7.2", "You may not write to this group.")
            : ours(n, "permanent", "5.7.1", "This address takes notices of delivery only."),
        );
        break;
      case "elsewhere":
        elsewhere.push(queued);
        break;
    }
  }
  for (const [tenantId, members] of Map.groupBy(here, (one) => one.to.tenantId))
    results.push(...(await deliverTo(outbound, lease, entry, tenantId, members)));
  return { results, elsewhere };
}

async function deliverTo(
  outbound: Outbound,
  lease: Lease,
  entry: QueueEntry,
  tenantId: TenantId,
  members: readonly HereRecipient[],
): Promise<AttemptResult[]> {
  const { store } = outbound;
  const now = store.clock();
  const isRouted = members.some((one) => one.to.kind === "routed");
  const marks = isRouted ? readMarks(await readStart(outbound, lease, entry)) : new Set<string>();
  const plan = await planFiling(outbound.tenancy, tenantId, members, marks, false);
  const content = { size: entry.size, chunks: () => store.vault.open(lease.tenantId, entry.blobId) };
  const forwards = await sendOn(outbound, lease, entry, tenantId, plan, content);
  const accounts = [...plan.mailboxes.keys()];
  const returnPath = sourceOf(new TextEncoder().encode(printReturnPath(entry.mailFrom)));
  const prepared =
    accounts.length === 0 ? null : await prepareMessage(store, tenantId, joinSources(returnPath, content));
  // The sender's own tenant has the beginning of this trace already, and hears the end by the record of the attempt.
  const history =
    tenantId === lease.tenantId || prepared === null
      ? []
      : plan.filings.flatMap(({ recipient: { address }, mailboxes: [first] }) => {
          if (first === undefined) return [];
          const opening = {
            direction: "in" as const,
            sender: entry.mailFrom,
            messageId: prepared.structure.ids?.[0] ?? null,
            size: prepared.blob.size,
            clientIp: null,
          };
          const traceId = TraceId.parse(entry.submissionId);
          const detail = { mailbox: "inbox" };
          const event = { traceId, at: now, kind: "filed" as const, recipient: address, opening, detail };
          return [{ accountId: first.accountId, event }];
        });
  const without = await store.db.tenant(tenantId, async (tx) => {
    const refused = new Set<AccountId>();
    if (prepared !== null) {
      const claimed = [...(await claimDeliveries(tx, entry.submissionId, accounts, now))];
      const mustReach = (id: AccountId): boolean => plan.mailboxes.get(id)?.mustReach === true;
      const deliveries = claimed.map((accountId) => ({
        accountId,
        mailbox: { role: "inbox" as const },
        flags: { bits: 0, keywords: [] },
        receivedAt: now,
      }));
      for (const one of await insertManyDeliveries(tx, prepared, deliveries, mustReach, history))
        if (one.outcome !== "delivered") refused.add(one.accountId);
      if (refused.size > 0) await releaseDeliveries(tx, entry.submissionId, [...refused]);
    }
    for (const forward of forwards) {
      const vias = forward.onward.map((one) => one.via);
      await insertForward(tx, forward, await claimForwards(tx, entry.submissionId, vias, now));
    }
    return refused;
  });
  if (forwards.length > 0) outbound.queue.wake();
  store.changes.committed(
    tenantId,
    accounts.filter((id) => !without.has(id)),
  );
  return plan.filings.map((filing) => resultOf(filing, without, entry.size));
}

function resultOf(
  { recipient: { n }, mailboxes, onward: all, returned, isLoop, isHad }: Filing<HereRecipient>,
  without: ReadonlySet<AccountId>,
  size: number,
): AttemptResult {
  if (isLoop) return ours(n, "permanent", "5.4.6", "The message has been here already.");
  if (isHad === true) return ours(n, "delivered", "2.1.5", "Delivered before");
  const onward = all.filter((one) => !isCopy(one));
  const left = mailboxes.filter((one) => without.has(one.accountId));
  const isHopeless = (one: LocalRecipient): boolean => size > one.quotaBytes;
  if (left.length === 0 && (mailboxes.length > 0 || onward.length > 0 || returned !== null))
    return ours(n, "delivered", "2.1.5", "Delivered");
  // A copy that has no room, of what goes on to whom it is meant for, is no reason to come again.
  if (left.length === 1 && onward.length > 0) return ours(n, "delivered", "2.1.5", "Sent on");
  if (left.every(isHopeless))
    return ours(n, "permanent", "5.2.2", "The message is larger than this mailbox.");
  return ours(n, "temporary", "4.2.2", "The mailbox is full.");
}

/** The copies that leave the tenant. */
async function sendOn(
  outbound: Outbound,
  lease: Lease,
  entry: QueueEntry,
  tenantId: TenantId,
  plan: FilingPlan<HereRecipient>,
  content: BlobSource,
): Promise<PreparedForward[]> {
  const { onward, passes, returned, filings } = plan;
  if (onward.length === 0 && returned.length === 0) return [];
  const { accountId, mailFrom, submissionId } = entry;
  const { hostname, store } = outbound;
  const received = printReceived({
    from: null,
    byHost: hostname,
    protocol: "ESMTP",
    id: submissionId,
    forAddress: null,
    at: store.clock(),
  });
  const isOurs = accountId !== null && mailFrom !== "";
  // Who sent it has signed in here: no other check says more.
  const results = isOurs ? `${hostname};\r\n\tauth=pass smtp.mailfrom=${mailFrom}` : null;
  const fields = results === null ? received : `Authentication-Results: ${results}\r\n${received}`;
  const going = {
    traceId: TraceId.parse(submissionId),
    mailFrom,
    content: joinSources(sourceOf(new TextEncoder().encode(fields)), content),
    results,
    author: isOurs ? { tenantId: lease.tenantId, submissionId, accountId, mailFrom } : null,
    messageId: null,
    requireTls: entry.requireTls,
    ret: entry.ret,
    envid: entry.envid,
  };
  // Of a success its sender hears by what comes of this attempt.
  const wishes = wishesOf(filings, () => false);
  const forwards =
    onward.length === 0 ? [] : await prepareForwards(outbound, tenantId, onward, passes, going, wishes);
  return returned.length === 0
    ? forwards
    : [...forwards, await prepareReturn(outbound, tenantId, returned, going)];
}

async function readStart(outbound: Outbound, lease: Lease, entry: QueueEntry): Promise<Uint8Array> {
  const range = { start: 0, end: Math.min(entry.size, HEADER_MAX) };
  return outbound.store.vault.read(lease.tenantId, entry.blobId, range);
}
