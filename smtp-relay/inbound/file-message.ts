import { type HistoryEvent, insertEvents } from "../../src/history/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { type Outbound, planFiling, queueNotice, readMarks } from "../../src/outbound/index.ts";
import type { DsnRecipient } from "../../src/protocol/dsn/index.ts";
import { type Reply, reply, wantsNotice } from "../../src/protocol/smtp/index.ts";
import { withoutWayBack } from "../../src/tenants/index.ts";
import type { InboundMessage, InboundRecipient } from "./inbound-message.ts";
import { printReply, refusedEvent } from "./message-history.ts";
import { deliverTo, fileFor, holdBack } from "./put-message.ts";
import { notProven, type Refused, refusal, replyTo, whatIsLeft } from "./refused-recipients.ts";

/** Puts a message from outside into the mailboxes of its recipients and sends it on to others, one commit per tenant. When one recipient
 * has it, the answer is 250, and its sender hears of the others by a notice; when none has, the answer says why.
 * @throws {MailError} unavailable: answer 4yz; when there are recipients of several tenants, some may have it then, and the sender's next
 * attempt gives them a second copy: one reply after DATA can't say more (RFC 5321 §4.1.1.4) */
export async function fileMessage(outbound: Outbound, message: InboundMessage): Promise<Reply> {
  const marks = readMarks(message.start);
  const { isProven } = message;
  const mayWrite = ({ to }: InboundRecipient): boolean => isProven || to.kind !== "routed" || !to.needsProof;
  const refused: [TenantId, Refused[]][] = [];
  let isSomewhere = false;
  for (const [tenantId, all] of Map.groupBy(message.recipients, (one) => one.to.tenantId)) {
    const recipients = all
      .filter(mayWrite)
      .map((one) => ({ ...one, to: withoutWayBack(one.to, message.clientIp) }));
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
    .filter((one) => wantsNotice(one.recipient.notify, "FAILURE"))
    .map((one): DsnRecipient => {
      const answer = replyTo(one);
      const { address, orcpt } = one.recipient;
      const status = answer.enhanced ?? "5.0.0";
      const diagnostic = printReply(answer);
      return { address, orcpt, action: "failed", status, remoteMta: null, diagnostic, lastAttemptAt: now };
    });
  const events = refused.map((one): HistoryEvent => {
    const event = refusedEvent(outbound, message, one.recipient.address, replyTo(one));
    return { ...event, detail: { ...event.detail, told: wantsNotice(one.recipient.notify, "FAILURE") } };
  });
  if (told.length === 0) return store.db.tenant(tenantId, (tx) => insertEvents(tx, events));
  const about = { arrivedAt: now, envid: message.envid, start: message.start };
  await queueNotice(outbound, tenantId, message.mailFrom, told, about, events);
}
