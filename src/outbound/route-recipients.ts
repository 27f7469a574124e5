import { MailError } from "../kernel/error.ts";
import type { AccountId } from "../kernel/id.ts";
import { type Notify, parseRcptTo } from "../protocol/smtp/index.ts";
import { findRecipients, type Principal, type Recipient } from "../tenants/index.ts";
import type { Outbound } from "./outbound.ts";
import type { NewRecipient } from "./submission.store.ts";

export interface SubmitRecipient {
  readonly address: string;
  /** RFC 3461; null where the protocol has no such thing */
  readonly notify: Notify | null;
  readonly orcpt: string | null;
}

const DELIVERED = "250 2.1.5 Delivered";

export interface RoutedRecipient extends NewRecipient {
  /** a mailbox of the sender's own tenant that takes it now */
  readonly accountId: AccountId | null;
  /** inside: of the sender's own tenant; nobody: there is no such mailbox here */
  readonly reach: "inside" | "outside" | "nobody";
  /** How many people outside of the tenant get it by this: one, or as many as a group of ours has. */
  readonly outside: number;
}

/** People elsewhere whom a group or a catch-all leads to. Where one person's mail is forwarded to is not the sender's doing. */
const outsideOf = (to: Recipient | undefined): number =>
  to?.kind !== "routed"
    ? 0
    : to.onward
        .filter((one) => !one.via.startsWith("account:") && one.relay === undefined)
        .reduce((sum, one) => sum + one.targets.length, 0);

/** Tells who is in the sender's own tenant and can have it in this commit. */
export async function routeRecipients(
  outbound: Outbound,
  principal: Principal,
  rcptTo: readonly SubmitRecipient[],
  size: number,
  isNow: boolean,
): Promise<RoutedRecipient[]> {
  const parsed = rcptTo.map((to) => ({ to, path: parseRcptTo(`TO:<${to.address}>`) }));
  const malformed = parsed.filter(({ path }) => !path.ok).map(({ to }) => to.address);
  if (malformed.length > 0 || rcptTo.length === 0)
    throw new MailError("invalid_input", { addresses: malformed });
  const found = await findRecipients(
    outbound.tenancy,
    rcptTo.map((to) => to.address),
    principal.address,
  );
  // A group or a forward may lead to a mailbox that is named too: the queue knows who has the message already.
  const isDirect = isNow && [...found.values()].every((to) => to.kind !== "routed");
  return parsed.map(({ to, path }) => {
    const recipient = found.get(to.address);
    const domain = (path.ok ? path.value.path.domain : null) ?? outbound.tenancy.hostedDomain;
    const isInside =
      recipient !== undefined && "tenantId" in recipient && recipient.tenantId === principal.tenantId;
    const reach = isInside ? "inside" : recipient?.kind === "unknown_user" ? "nobody" : "outside";
    const outside = isInside ? outsideOf(recipient) : 1;
    const base = { address: to.address, domain, notify: to.notify, orcpt: to.orcpt, reach, outside } as const;
    const isOurs = recipient?.kind === "local" && recipient.tenantId === principal.tenantId;
    // A sender who wants to hear of success gets that from the queue.
    if (!isDirect || !isOurs || to.notify?.includes("SUCCESS") === true)
      return { ...base, delivered: "queued", smtpReply: null, accountId: null };
    const isFull = recipient.usedBytes + size > recipient.quotaBytes;
    if (isFull) return { ...base, delivered: "queued", smtpReply: null, accountId: null };
    return { ...base, delivered: "yes", smtpReply: DELIVERED, accountId: recipient.accountId };
  });
}
