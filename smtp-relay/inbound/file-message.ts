import { type BlobSource, joinSources, sourceOf } from "../../src/blob/index.ts";
import { type HistoryEvent, insertEvents, type TraceId } from "../../src/history/index.ts";
import type { AccountId, TenantId } from "../../src/kernel/id.ts";
import {
  claimSpooled,
  deliver,
  type DeliverOptions,
  type Delivery,
  type DeliveryOutcome,
  prepareMessage,
  type PreparedMessage,
} from "../../src/mailstore/index.ts";
import {
  type Filing,
  type FilingPlan,
  insertForward,
  insertManyDeliveries,
  type Outbound,
  planFiling,
  prepareForwards,
  type PreparedForward,
  prepareReturn,
  queueNotice,
  readMarks,
} from "../../src/outbound/index.ts";
import type { DsnRecipient } from "../../src/protocol/dsn/index.ts";
import { headerText, parseHeaders, parseMessageIds } from "../../src/protocol/header/index.ts";
import { printReturnPath, type Reply, reply } from "../../src/protocol/smtp/index.ts";
import { quarantineMessage } from "../../src/quarantine/index.ts";
import type { Deliverable, LocalRecipient } from "../../src/tenants/index.ts";
import type { Authentication } from "./authentication.ts";
import { provesSender } from "./proves-sender.ts";
import type { Reason, Verdict } from "./verdict.ts";

export interface InboundMessage {
  /** under which its history is found */
  readonly traceId: TraceId;
  readonly clientIp: string;
  /** "" is the null path */
  readonly mailFrom: string;
  readonly envid: string | null;
  /** It came with REQUIRETLS (RFC 8689): what is sent on of it is sent with that. */
  readonly requireTls?: boolean;
  readonly recipients: readonly InboundRecipient[];
  /** What each tenant does with it; a tenant that is not named puts it into the inbox. Those that refuse it are not among the recipients. */
  readonly verdicts: ReadonlyMap<TenantId, Extract<Verdict, { kind: "inbox" | "junk" | "quarantine" }>>;
  /** The fields that go before the message, each with its line end: Received, and what the checks found. */
  readonly trace: string;
  readonly content: BlobSource;
  /** The header, for a notice. */
  readonly start: Uint8Array;
  /** absent: nobody looked */
  readonly authentication?: Authentication;
  /** Its sender has had a 250 for it already, and it lies in the spool under this id: it is filed once however often this is called,
   * full mailboxes take it too, and who is not there any more is told of by a notice. */
  readonly spooledId?: string;
}

export interface InboundRecipient {
  readonly address: string;
  readonly orcpt: string | null;
  /** NOTIFY=NEVER */
  readonly isSilent: boolean;
  readonly to: Deliverable;
}

type Outcomes = ReadonlyMap<AccountId, DeliveryOutcome["outcome"]>;

/** Who did not get it. */
interface Refused {
  readonly recipient: InboundRecipient;
  /** loop: all who are behind this address have it already. spam: it would have to be sent on. sender: nothing proves that it comes from
   * one of those who may write there. */
  readonly outcome: Exclude<DeliveryOutcome["outcome"], "delivered"> | "loop" | "spam" | "sender";
  /** The mailboxes without it. */
  readonly mailboxes: readonly LocalRecipient[];
  /** Some of this recipient's mailboxes have it. */
  readonly isReached: boolean;
}

/** So many mailboxes take less than the time that a single statement has (`Db.tenantStatement`). */
const STATEMENT_MAILBOXES_MAX = 200;

/** Puts a message from outside into the mailboxes of its recipients and sends it on to others, one commit per tenant. When one recipient
 * has it, the answer is 250, and its sender hears of the others by a notice; when none has, the answer says why.
 * @throws {MailError} unavailable: answer 4yz; when there are recipients of several tenants, some may have it then, and the sender's next
 * attempt gives them a second copy: one reply after DATA can't say more (RFC 5321 §4.1.1.4) */
export async function fileMessage(outbound: Outbound, message: InboundMessage): Promise<Reply> {
  const marks = readMarks(message.start);
  const isProven = provesSender(message.authentication, message.mailFrom);
  const mayWrite = ({ to }: InboundRecipient): boolean => isProven || to.kind !== "routed" || !to.needsProof;
  const refused: [TenantId, Refused[]][] = [];
  let isSomewhere = false;
  for (const [tenantId, all] of Map.groupBy(message.recipients, (one) => one.to.tenantId)) {
    const recipients = all.filter(mayWrite);
    const kind = message.verdicts.get(tenantId)?.kind ?? "inbox";
    const plan = await planFiling(outbound.tenancy, tenantId, recipients, marks, kind !== "inbox");
    const outcomes =
      kind === "quarantine"
        ? await holdBack(outbound, tenantId, plan, message)
        : await fileFor(outbound, tenantId, plan, message);
    const without = [
      ...plan.filings.flatMap((one) => whatIsLeft(one, outcomes)),
      ...all.filter((one) => !mayWrite(one)).map(notProven),
    ];
    if (without.length > 0) refused.push([tenantId, without]);
    isSomewhere ||= without.filter((one) => !one.isReached).length < all.length;
  }
  if (!isSomewhere && message.spooledId === undefined) {
    const answer = refusal(
      refused.flatMap(([, list]) => list),
      message.content.size,
    );
    for (const [tenantId, list] of refused) {
      const events = list.map(({ recipient }) => refusedEvent(outbound, message, recipient.address, answer));
      await outbound.store.db.tenant(tenantId, (tx) => insertEvents(tx, events));
    }
    return answer;
  }
  for (const [tenantId, list] of refused) await tellOrForce(outbound, tenantId, list, message);
  return reply(250, "2.0.0", "Ok: the message is stored");
}

const notProven = (recipient: InboundRecipient): Refused => ({
  recipient,
  outcome: "sender",
  mailboxes: [],
  isReached: false,
});

/** Who of a recipient's mailboxes has not got it; nobody, when all have, or it goes on. */
function whatIsLeft(filing: Filing<InboundRecipient>, outcomes: Outcomes): Refused[] {
  const { recipient, isLoop, onward, returned } = filing;
  if (isLoop) return [{ recipient, outcome: "loop", mailboxes: [], isReached: false }];
  const isSent = onward.length > 0 || returned !== null;
  if (!isSent && filing.mailboxes.length === 0)
    return [{ recipient, outcome: "spam", mailboxes: [], isReached: false }];
  const mailboxes = filing.mailboxes.filter((one) => outcomes.get(one.accountId) !== "delivered");
  const [first] = mailboxes;
  if (first === undefined) return [];
  const isReached = isSent || mailboxes.length < filing.mailboxes.length;
  const isGroup = recipient.to.kind === "routed" && recipient.to.group !== null;
  const outcome = outcomes.get(first.accountId) ?? "no_account";
  // A forward that keeps a copy is with whom it is meant for, though the copy has no room.
  if ((isReached && !isGroup) || outcome === "delivered") return [];
  return [{ recipient, outcome, mailboxes, isReached }];
}

async function fileFor(
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
    requireTls: message.requireTls === true,
  };
  const silent = plan.filings.every((one) => one.recipient.isSilent);
  const forwards: PreparedForward[] = [];
  if (plan.onward.length > 0)
    forwards.push(
      ...(await prepareForwards(
        outbound,
        tenantId,
        plan.onward,
        plan.passes,
        going,
        silent ? ["NEVER"] : null,
      )),
    );
  if (plan.returned.length > 0) forwards.push(await prepareReturn(outbound, tenantId, plan.returned, going));
  return deliverTo(outbound, tenantId, plan, forwards, message, false);
}

/** Puts it into mailboxes and the queue in one commit.
 * @returns what became of it for each account */
async function deliverTo(
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
  const toDelivery = ({ accountId }: LocalRecipient): Delivery => ({
    accountId,
    mailbox: { role },
    flags: { bits: 0, keywords: [] },
    receivedAt,
  });
  const history = historyOf(filings, message, prepared, receivedAt, "filed", {
    mailbox: role,
    ...(verdict === undefined ? {} : { reasons: [...verdict.reasons] }),
  });
  const { spooledId } = message;
  const isPromised = spooledId !== undefined;
  const musts = all.filter((one) => ignoreQuota || isPromised || one.mustReach === true);
  const isOneKind = musts.length === 0 || musts.length === all.length;
  let outcomes: DeliveryOutcome[];
  if (!isPromised && forwards.length === 0 && isOneKind && all.length <= STATEMENT_MAILBOXES_MAX) {
    if (prepared === null) return new Map();
    const options = { ignoreQuota: musts.length > 0, history };
    outcomes = await deliver(store, tenantId, prepared, all.map(toDelivery), options);
  } else {
    let isFiled = false;
    outcomes = await store.db.tenant(tenantId, async (tx) => {
      isFiled = isPromised && !(await claimSpooled(tx, spooledId, receivedAt));
      if (isFiled) return [];
      const must = new Set(musts.map((one) => one.accountId));
      const done =
        prepared === null
          ? []
          : await insertManyDeliveries(tx, prepared, all.map(toDelivery), (id) => must.has(id), history);
      for (const forward of forwards) await insertForward(tx, forward);
      return done;
    });
    if (isFiled) return new Map(all.map((one) => [one.accountId, "delivered"]));
    store.changes.committed(
      tenantId,
      outcomes.filter((one) => one.outcome === "delivered").map((one) => one.accountId),
    );
    if (forwards.length > 0) queue.wake();
  }
  return new Map(outcomes.map((one) => [one.accountId, one.outcome]));
}

const prepareFor = (
  { store }: Outbound,
  tenantId: TenantId,
  { mailFrom, trace, content }: InboundMessage,
): Promise<PreparedMessage> => {
  const head = sourceOf(new TextEncoder().encode(printReturnPath(mailFrom) + trace));
  return prepareMessage(store, tenantId, joinSources(head, content));
};

/** Holds it back for all mailboxes, those too that would have sent it on. */
async function holdBack(
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

/** One event for each recipient, told when the first of its mailboxes has the message: a group of thousands is one line. */
function historyOf(
  filings: readonly Filing<InboundRecipient>[],
  { traceId, mailFrom, clientIp }: InboundMessage,
  prepared: PreparedMessage | null,
  at: number,
  kind: HistoryEvent["kind"],
  detail: NonNullable<HistoryEvent["detail"]>,
): NonNullable<DeliverOptions["history"]> {
  if (prepared === null) return [];
  const opening = {
    direction: "in" as const,
    sender: mailFrom,
    messageId: prepared.structure.ids?.[0] ?? null,
    size: prepared.blob.size,
    clientIp,
  };
  return filings.flatMap(({ recipient: { address }, mailboxes: [first] }) => {
    if (first === undefined) return [];
    return [
      { accountId: first.accountId, event: { traceId, at, kind, recipient: address, opening, detail } },
    ];
  });
}

/** What our own `Authentication-Results` says, among the fields that go before a message. */
function authenticationResults(trace: string): string | null {
  return /^Authentication-Results:[ \t]*((?:.*\r\n[ \t])*.*)\r\n/im.exec(trace)?.[1] ?? null;
}

function messageIdOf(start: Uint8Array): string | null {
  const id = parseHeaders(start).find((one) => one.name.toLowerCase() === "message-id");
  if (id === undefined) return null;
  return parseMessageIds(headerText(start, id.valueStart, id.valueEnd, 2_000))[0] ?? null;
}

/** What the history of a message that was not taken for a recipient begins with. */
export function refusedEvent(
  { store }: Outbound,
  {
    traceId,
    clientIp,
    mailFrom,
    content,
    start,
  }: Pick<InboundMessage, "traceId" | "clientIp" | "mailFrom" | "content" | "start">,
  recipient: string,
  answer: Reply,
  reasons: readonly Reason[] = [],
): HistoryEvent {
  const messageId = messageIdOf(start);
  return {
    traceId,
    at: store.clock(),
    kind: answer.code < 500 ? "deferred" : "refused",
    recipient,
    opening: {
      direction: "in",
      sender: mailFrom,
      messageId,
      // before DATA nothing is known of it
      size: content.size === 0 ? null : content.size,
      clientIp,
    },
    detail: { reply: printReply(answer), reasons: [...reasons] },
  };
}

const printReply = ({ code, enhanced, lines }: Reply): string =>
  [String(code), enhanced, ...lines].filter((part) => part !== null && part !== "").join(" ");

/** Why one recipient did not get it, in a notice or alone. */
function replyTo({ outcome }: Pick<Refused, "outcome">): Reply {
  switch (outcome) {
    case "over_quota":
      return reply(552, "5.2.2", "The mailbox is full");
    case "loop":
      return reply(554, "5.4.6", "The message has been here already");
    case "sender":
      return reply(550, "5.7.2", "You may not write to this group: nothing proves that it is you");
    case "spam":
      return reply(550, "5.7.1", "The message looks like spam, and is not sent on");
    case "no_account":
    case "no_mailbox":
    default:
      return reply(550, "5.1.1", "There is no mailbox with this address here");
  }
}

function refusal(refused: readonly Refused[], size: number): Reply {
  const full = refused.filter((one) => one.outcome === "over_quota");
  const isTooSmall = (one: Refused): boolean => one.mailboxes.every((box) => size > box.quotaBytes);
  if (full.length === refused.length && full.every(isTooSmall))
    return reply(552, "5.2.2", "The message is larger than the mailbox");
  const boxes = full.flatMap((one) => one.mailboxes).length;
  if (full.length > 0)
    return reply(452, "4.2.2", boxes === 1 ? "The mailbox is full" : "The mailboxes are full");
  return replyTo(refused.find((one) => one.outcome !== "loop") ?? { outcome: "loop" });
}

/** The others have the message, so these must not be told by a 4yz: a second attempt would give everybody a second copy. */
async function tellOrForce(
  outbound: Outbound,
  tenantId: TenantId,
  all: readonly Refused[],
  message: InboundMessage,
): Promise<void> {
  const { store } = outbound;
  const refused = all.filter((one) => one.outcome !== "loop");
  if (message.mailFrom === "") {
    // Nobody can be told of a message without a sender, and it must not be lost: it goes over the quota, once.
    const full = refused.filter((one) => one.outcome === "over_quota").flatMap((one) => one.mailboxes);
    const mailboxes = new Map(full.map((one) => [one.accountId, one]));
    if (full.length > 0) await deliverTo(outbound, tenantId, { filings: [], mailboxes }, [], message, true);
    return;
  }
  const now = store.clock();
  const told = refused
    .filter((one) => !one.recipient.isSilent)
    .map((one): DsnRecipient => {
      const answer = replyTo(one);
      const { address, orcpt } = one.recipient;
      const status = answer.enhanced ?? "5.0.0";
      const diagnostic = printReply(answer);
      return { address, orcpt, action: "failed", status, remoteMta: null, diagnostic, lastAttemptAt: now };
    });
  const events = refused.map((one): HistoryEvent => {
    const event = refusedEvent(outbound, message, one.recipient.address, replyTo(one));
    return { ...event, detail: { ...event.detail, told: !one.recipient.isSilent } };
  });
  if (told.length === 0) return store.db.tenant(tenantId, (tx) => insertEvents(tx, events));
  const about = { arrivedAt: now, envid: message.envid, start: message.start };
  await queueNotice(outbound, tenantId, message.mailFrom, told, about, events);
}
