import { joinSources, sourceOf } from "../../src/blob/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import {
  claimSpooled,
  deliver,
  type Delivery,
  type DeliveryOutcome,
  prepareMessage,
  type PreparedMessage,
} from "../../src/mailstore/index.ts";
import {
  type FilingPlan,
  insertForward,
  insertManyDeliveries,
  insertNotice,
  type Outbound,
  prepareForwards,
  type PreparedForward,
  prepareReturn,
  type SealedNotice,
  wishesOf,
} from "../../src/outbound/index.ts";
import { isCopy } from "../../src/tenants/index.ts";
import { afterHeaderChange } from "../../src/protocol/mime-structure/index.ts";
import { printReturnPath } from "../../src/protocol/smtp/index.ts";
import { quarantineMessage } from "../../src/quarantine/index.ts";
import type { InboundMessage, InboundRecipient } from "./inbound-message.ts";
import { historyOf, messageIdOf } from "./message-history.ts";
import { type Outcomes, whatIsLeft } from "./refused-recipients.ts";
import { NotReached, passesOn, sealSuccesses, successesOf } from "./tell-success.ts";

/** So many mailboxes take less than the time that a single statement has (`Db.tenantStatement`). */
const STATEMENT_MAILBOXES_MAX = 200;

export async function fileFor(
  outbound: Outbound,
  tenantId: TenantId,
  plan: FilingPlan<InboundRecipient>,
  message: InboundMessage,
): Promise<Outcomes> {
  const content = joinSources(sourceOf(new TextEncoder().encode(message.trace)), message.content);
  const going = {
    traceId: message.traceId,
    mailFrom: message.mailFrom,
    content,
    results: authenticationResults(message.trace),
    author: null,
    messageId: messageIdOf(message.start),
    requireTls: message.requireTls,
    ret: message.ret,
    envid: message.envid,
  };
  const forwards: PreparedForward[] = [];
  if (plan.onward.length > 0)
    forwards.push(
      ...(await prepareForwards(
        outbound,
        tenantId,
        plan.onward,
        plan.passes,
        going,
        wishesOf(plan.filings, passesOn(plan.filings)),
      )),
    );
  if (plan.returned.length > 0) forwards.push(await prepareReturn(outbound, tenantId, plan.returned, going));
  return deliverTo(outbound, tenantId, plan, forwards, message, false);
}

/** Puts it into mailboxes and the queue in one commit, with the notices that its sender has asked for.
 * @returns what became of it for each account */
export async function deliverTo(
  outbound: Outbound,
  tenantId: TenantId,
  { filings, mailboxes }: Pick<FilingPlan<InboundRecipient>, "filings" | "mailboxes">,
  forwards: readonly PreparedForward[],
  message: InboundMessage,
  ignoreQuota: boolean,
): Promise<Outcomes> {
  const { store, queue } = outbound;
  const prepared = mailboxes.size === 0 ? null : await prepareFor(outbound, tenantId, message);
  const verdict = message.verdicts.get(tenantId);
  const role = verdict?.kind === "junk" ? ("junk" as const) : ("inbox" as const);
  const receivedAt = store.clock();
  const all = [...mailboxes.values()];
  const deliveries = all.map(({ accountId }): Delivery => ({
    accountId,
    mailbox: { role },
    flags: { bits: 0, keywords: [] },
    receivedAt,
  }));
  const history = historyOf(filings, message, prepared, receivedAt, "filed", {
    mailbox: role,
    ...(verdict === undefined ? {} : { reasons: [...verdict.reasons] }),
  });
  const { spooledId } = message;
  const isPromised = spooledId !== undefined;
  const musts = all.filter((one) => ignoreQuota || isPromised || one.mustReach === true);
  const isOneKind = musts.length === 0 || musts.length === all.length;
  let successes = successesOf(filings);
  const isPlain = !isPromised && forwards.length === 0 && successes.length === 0 && isOneKind;
  if (isPlain && all.length <= STATEMENT_MAILBOXES_MAX) {
    if (prepared === null) return new Map();
    const options = { ignoreQuota: musts.length > 0, history };
    return outcomesOf(await deliver(store, tenantId, prepared, deliveries, options));
  }
  const must = new Set(musts.map((one) => one.accountId));
  /** @returns null: it was filed before */
  const commit = (notices: readonly SealedNotice[]): Promise<readonly DeliveryOutcome[] | null> =>
    store.db.tenant(tenantId, async (tx) => {
      if (isPromised && !(await claimSpooled(tx, spooledId, receivedAt))) return null;
      const done =
        prepared === null
          ? []
          : await insertManyDeliveries(tx, prepared, deliveries, (id) => must.has(id), history);
      const outcomes = outcomesOf(done);
      const untrue = successes.filter(({ filing }) => whatIsLeft(filing, outcomes).length > 0);
      if (untrue.length > 0) throw new NotReached(untrue);
      // Who comes again because the mailbox is full must not find the copy at the old server already.
      const left = new Set(filings.filter((one) => whatIsLeft(one, outcomes).length > 0));
      const refused = new Set([...left].flatMap((one) => one.onward.filter(isCopy).map(({ via }) => via)));
      for (const forward of forwards) {
        const vias = forward.onward.map(({ via }) => via).filter((via) => !refused.has(via));
        await insertForward(tx, forward, new Set(vias));
      }
      for (const notice of notices) await insertNotice(tx, outbound, notice);
      return done;
    });
  for (;;) {
    const notices = await sealSuccesses(outbound, tenantId, successes, message, receivedAt);
    try {
      const done = await commit(notices);
      if (done === null) return new Map(all.map((one) => [one.accountId, "delivered"]));
      store.changes.committed(
        tenantId,
        done.filter((one) => one.outcome === "delivered").map((one) => one.accountId),
      );
      if (forwards.length > 0 || notices.length > 0) queue.wake();
      return outcomesOf(done);
    } catch (error) {
      if (!(error instanceof NotReached)) throw error;
      // Seldom: a mailbox has become full since RCPT. Each round has fewer to tell of.
      const { successes: untrue } = error;
      successes = successes.filter((one) => !untrue.has(one));
    }
  }
}

const outcomesOf = (done: readonly DeliveryOutcome[]): Outcomes =>
  new Map(done.map((one) => [one.accountId, one.outcome]));

const prepareFor = (
  { store }: Outbound,
  tenantId: TenantId,
  { mailFrom, trace, content, start, asReceived }: InboundMessage,
): Promise<PreparedMessage> => {
  const head = new TextEncoder().encode(printReturnPath(mailFrom) + trace);
  const change = { cut: asReceived?.forged ?? [], before: head };
  const known = asReceived === undefined ? null : afterHeaderChange(asReceived.index, start, change);
  return prepareMessage(store, tenantId, joinSources(sourceOf(head), content), known);
};

/** Holds it back for all mailboxes, those too that would have sent it on. */
export async function holdBack(
  outbound: Outbound,
  tenantId: TenantId,
  { filings, mailboxes }: FilingPlan<InboundRecipient>,
  message: InboundMessage,
): Promise<Outcomes> {
  if (mailboxes.size === 0) return new Map();
  const receivedAt = outbound.store.clock();
  const { mailFrom, traceId } = message;
  const reasons = message.verdicts.get(tenantId)?.reasons ?? [];
  const recipients = filings.flatMap(({ recipient, mailboxes: list }) =>
    list.map(({ accountId }) => ({ accountId, address: recipient.address })),
  );
  const prepared = await prepareFor(outbound, tenantId, message);
  const told = historyOf(filings, message, prepared, receivedAt, "quarantined", { reasons: [...reasons] });
  const history = told.map((one) => one.event);
  const held = { mailFrom, reasons, recipients, receivedAt, traceId, history, spooledId: message.spooledId };
  await quarantineMessage(outbound.store, tenantId, prepared, held);
  // It counts against nobody's quota until it is released.
  return new Map([...mailboxes.keys()].map((id) => [id, "delivered"]));
}

/** What our own `Authentication-Results` says, among the fields that go before a message. */
function authenticationResults(trace: string): string | null {
  return /^Authentication-Results:[ \t]*((?:.*\r\n[ \t])*.*)\r\n/im.exec(trace)?.[1] ?? null;
}
