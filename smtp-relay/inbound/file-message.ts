import { type BlobSource, joinSources, sourceOf } from "../../src/blob/index.ts";
import { type HistoryEvent, insertEvents, type TraceId } from "../../src/history/index.ts";
import type { AccountId, TenantId } from "../../src/kernel/id.ts";
import { deliver, type DeliveryOutcome, prepareMessage } from "../../src/mailstore/index.ts";
import { type Outbound, queueNotice } from "../../src/outbound/index.ts";
import type { DsnRecipient } from "../../src/protocol/dsn/index.ts";
import { headerText, parseHeaders, parseMessageIds } from "../../src/protocol/header/index.ts";
import { printReturnPath, type Reply, reply } from "../../src/protocol/smtp/index.ts";
import { quarantineMessage } from "../../src/quarantine/index.ts";
import type { Recipient } from "../../src/tenants/index.ts";
import type { Reason, Verdict } from "./verdict.ts";

export interface InboundMessage {
  /** under which its history is found */
  readonly traceId: TraceId;
  readonly clientIp: string;
  /** "" is the null path */
  readonly mailFrom: string;
  readonly envid: string | null;
  readonly recipients: readonly {
    readonly address: string;
    readonly orcpt: string | null;
    /** NOTIFY=NEVER */
    readonly isSilent: boolean;
    readonly to: Extract<Recipient, { kind: "local" }>;
  }[];
  /** What each tenant does with it; a tenant that is not named puts it into the inbox. Those that refuse it are not among the recipients. */
  readonly verdicts: ReadonlyMap<TenantId, Extract<Verdict, { kind: "inbox" | "junk" | "quarantine" }>>;
  /** The fields that go before the message, each with its line end: Received, and what the checks found. */
  readonly trace: string;
  readonly content: BlobSource;
  /** The header, for a notice. */
  readonly start: Uint8Array;
}

type InboundRecipient = InboundMessage["recipients"][number];

/** Who did not get it. */
interface Refused {
  readonly recipient: InboundRecipient;
  readonly outcome: Exclude<DeliveryOutcome["outcome"], "delivered">;
}

/** Puts a message from outside into the mailboxes of its recipients, one commit per tenant. When one mailbox has it, the answer is
 * 250, and its sender hears of the others by a notice; when none has, the answer says why.
 * @throws {MailError} unavailable: answer 4yz; when there are recipients of several tenants, some may have it then, and the sender's next
 * attempt gives them a second copy: one reply after DATA can't say more (RFC 5321 §4.1.1.4) */
export async function fileMessage(outbound: Outbound, message: InboundMessage): Promise<Reply> {
  const byTenant = Map.groupBy(message.recipients, (one) => one.to.tenantId);
  const refused: [TenantId, Refused[]][] = [];
  let isSomewhere = false;
  for (const [tenantId, recipients] of byTenant) {
    const outcomes = await deliverTo(outbound, tenantId, recipients, message, false);
    const without = recipients.flatMap((recipient): Refused[] => {
      const outcome = outcomes.get(recipient.to.accountId) ?? "no_account";
      return outcome === "delivered" ? [] : [{ recipient, outcome }];
    });
    if (without.length > 0) refused.push([tenantId, without]);
    isSomewhere ||= without.length < recipients.length;
  }
  if (!isSomewhere) {
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

/** @returns what became of it for each account */
async function deliverTo(
  { store }: Outbound,
  tenantId: TenantId,
  recipients: readonly InboundRecipient[],
  { traceId, clientIp, mailFrom, trace, content, verdicts }: InboundMessage,
  ignoreQuota: boolean,
): Promise<ReadonlyMap<AccountId, DeliveryOutcome["outcome"]>> {
  const head = sourceOf(new TextEncoder().encode(printReturnPath(mailFrom) + trace));
  const prepared = await prepareMessage(store, tenantId, joinSources(head, content));
  const verdict = verdicts.get(tenantId);
  const role = verdict?.kind === "junk" ? "junk" : "inbox";
  const receivedAt = store.clock();
  // Two addresses of one mailbox: one message.
  const accounts = [...new Set(recipients.map((one) => one.to.accountId))];
  const history = recipients.map(({ address, to }) => ({
    accountId: to.accountId,
    event: {
      traceId,
      at: receivedAt,
      kind: verdict?.kind === "quarantine" ? ("quarantined" as const) : ("filed" as const),
      recipient: address,
      opening: {
        direction: "in" as const,
        sender: mailFrom,
        messageId: prepared.structure.ids?.[0] ?? null,
        size: prepared.blob.size,
        clientIp,
      },
      detail: {
        ...(verdict?.kind === "quarantine" ? {} : { mailbox: role }),
        ...(verdict === undefined ? {} : { reasons: [...verdict.reasons] }),
      },
    },
  }));
  if (verdict?.kind === "quarantine") {
    const to = recipients.map((one) => ({ accountId: one.to.accountId, address: one.address }));
    const events = history.map((one) => one.event);
    const held = { mailFrom, reasons: verdict.reasons, recipients: to, receivedAt, traceId, history: events };
    await quarantineMessage(store, tenantId, prepared, held);
    // It counts against nobody's quota until it is released.
    return new Map(accounts.map((id) => [id, "delivered"]));
  }
  const outcomes = await deliver(
    store,
    tenantId,
    prepared,
    accounts.map((accountId) => ({
      accountId,
      mailbox: { role },
      flags: { bits: 0, keywords: [] },
      receivedAt,
    })),
    { ignoreQuota, history },
  );
  return new Map(outcomes.map((one) => [one.accountId, one.outcome]));
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
  const id = parseHeaders(start).find((one) => one.name.toLowerCase() === "message-id");
  const [messageId = null] =
    id === undefined ? [] : parseMessageIds(headerText(start, id.valueStart, id.valueEnd, 2_000));
  return {
    traceId,
    at: store.clock(),
    kind: answer.code < 500 ? "deferred" : "refused",
    recipient,
    opening: { direction: "in", sender: mailFrom, messageId, size: content.size, clientIp },
    detail: { reply: printReply(answer), reasons: [...reasons] },
  };
}

const printReply = ({ code, enhanced, lines }: Reply): string =>
  [String(code), enhanced, ...lines].filter((part) => part !== null && part !== "").join(" ");

function refusal(refused: readonly Refused[], size: number): Reply {
  const full = refused.filter((one) => one.outcome === "over_quota");
  if (full.length === 0) return reply(550, "5.1.1", "There is no mailbox with this address here");
  if (full.length === refused.length && full.every((one) => size > one.recipient.to.quotaBytes))
    return reply(552, "5.2.2", "The message is larger than the mailbox");
  return reply(452, "4.2.2", full.length === 1 ? "The mailbox is full" : "The mailboxes are full");
}

/** The others have the message, so these must not be told by a 4yz: a second attempt would give everybody a second copy. */
async function tellOrForce(
  outbound: Outbound,
  tenantId: TenantId,
  refused: readonly Refused[],
  message: InboundMessage,
): Promise<void> {
  const { store } = outbound;
  if (message.mailFrom === "") {
    // Nobody can be told of a message without a sender, and it must not be lost: it goes over the quota, once.
    const full = refused.filter((one) => one.outcome === "over_quota").map((one) => one.recipient);
    if (full.length > 0) await deliverTo(outbound, tenantId, full, message, true);
    return;
  }
  const now = store.clock();
  const told = refused
    .filter((one) => !one.recipient.isSilent)
    .map(({ recipient: { address, orcpt }, outcome }): DsnRecipient => {
      const isFull = outcome === "over_quota";
      const [status, diagnostic] = isFull
        ? ["5.2.2", "552 5.2.2 The mailbox is full"]
        : ["5.1.1", "550 5.1.1 There is no mailbox with this address here"];
      return { address, orcpt, action: "failed", status, remoteMta: null, diagnostic, lastAttemptAt: now };
    });
  const events = refused.map(({ recipient, outcome }): HistoryEvent => {
    const answer =
      outcome === "over_quota"
        ? reply(552, "5.2.2", "The mailbox is full")
        : reply(550, "5.1.1", "There is no mailbox with this address here");
    const event = refusedEvent(outbound, message, recipient.address, answer);
    return { ...event, detail: { ...event.detail, told: !recipient.isSilent } };
  });
  if (told.length === 0) return store.db.tenant(tenantId, (tx) => insertEvents(tx, events));
  const about = { arrivedAt: now, envid: message.envid, start: message.start };
  await queueNotice(outbound, tenantId, message.mailFrom, told, about, events);
}
