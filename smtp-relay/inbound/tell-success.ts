import type { TenantId } from "../../src/kernel/id.ts";
import { type Filing, type Outbound, type SealedNotice, sealNotice } from "../../src/outbound/index.ts";
import type { DsnRecipient } from "../../src/protocol/dsn/index.ts";
import { wantsNotice } from "../../src/protocol/smtp/index.ts";
import { isCopy } from "../../src/tenants/index.ts";
import type { InboundMessage, InboundRecipient } from "./inbound-message.ts";

type Filed = Filing<InboundRecipient>;

/** A recipient whose sender is told that it has the message. */
export interface Success {
  readonly filing: Filed;
  readonly action: "delivered" | "expanded";
}

const targetsOf = ({ onward }: Filed): readonly string[] => onward.flatMap((one) => one.targets);

/** The message leaves for one address alone: its server, which is asked for the same, tells of the success, or that it was passed on
 * to one that doesn't (RFC 3461 §5.2.2, §5.2.7.2). Not where another recipient leads to the same address: one copy can't answer for two. */
export const passesOn =
  (filings: readonly Filed[]) =>
  (filing: Filed): boolean => {
    const [target, second] = targetsOf(filing);
    if (target === undefined || second !== undefined || filing.mailboxes.length > 0) return false;
    return filings.every((one) => one === filing || !targetsOf(one).includes(target));
  };

/** What the sender hears from us when all goes well: `delivered` of one mailbox (RFC 3461 §5.2.3), `expanded` where an address
 * stands for several (§5.2.7.3). */
export function successesOf(filings: readonly Filed[]): Success[] {
  const isPassedOn = passesOn(filings);
  return filings.flatMap((filing): Success[] => {
    const { recipient, mailboxes, isLoop } = filing;
    const onward = filing.onward.filter((one) => !isCopy(one));
    if (!wantsNotice(recipient.notify, "SUCCESS") || isLoop || isPassedOn(filing)) return [];
    if (onward.length > 0 || mailboxes.length > 1) return [{ filing, action: "expanded" }];
    return mailboxes.length === 1 ? [{ filing, action: "delivered" }] : [];
  });
}

/** Writes and encrypts the notices: one for each action. Nothing is stored yet. */
export async function sealSuccesses(
  outbound: Outbound,
  tenantId: TenantId,
  successes: readonly Success[],
  { mailFrom, envid, start }: InboundMessage,
  at: number,
): Promise<SealedNotice[]> {
  if (successes.length === 0 || mailFrom === "") return [];
  const about = { arrivedAt: at, envid, start };
  const sealed: SealedNotice[] = [];
  for (const [action, list] of Map.groupBy(successes, (one) => one.action)) {
    const recipients = list.map(({ filing: { recipient } }): DsnRecipient => ({
      address: recipient.address,
      orcpt: recipient.orcpt,
      action,
      status: "2.1.5",
      remoteMta: null,
      diagnostic: null,
      lastAttemptAt: at,
    }));
    const notice = await sealNotice(outbound, tenantId, mailFrom, recipients, about);
    if (notice !== null) sealed.push(notice);
  }
  return sealed;
}

/** Not all have it of whom a notice says so: the commit is taken back, and made again without them. */
export class NotReached extends Error {
  override readonly name = "NotReached";
  readonly successes: ReadonlySet<Success>;

  constructor(successes: readonly Success[]) {
    super("a recipient of whom a notice tells has not got the message");
    this.successes = new Set(successes);
  }
}
