import type { LocalRecipient, Onward, Recipient, RoutedRecipient } from "./recipient.ts";

/** While a domain moves here, part of its mail goes to its old server. */
export interface SplitDelivery {
  /** both: all mail goes there too. unknown_only: what nobody has here goes there. */
  readonly mode: "both" | "unknown_only";
  /** `mail.old.example:25` */
  readonly server: string;
  /** Its IP addresses: what comes from there does not go back. */
  readonly addresses: readonly string[];
  /** A domain of the agency whose mail comes here already, so that notices about what was relayed do too. */
  readonly returnDomain: string;
}

/** Beyond that many mailboxes behind one address nobody is told apart. */
const MARKED_MAX = 500;

/** What the mark of a mailbox stands for: it has the message. */
export const hadBy = (mailbox: Pick<LocalRecipient, "accountId">): string => `had:${mailbox.accountId}`;

/** Puts the old server among those who get the mail of an address.
 * @param address canonical, with its detail   @param domain of the address */
export function splitRecipient(
  to: Recipient,
  split: SplitDelivery,
  { tenantId, address, domain }: Pick<RoutedRecipient, "tenantId" | "address"> & { readonly domain: string },
): Recipient {
  const pass = `cutover:${domain}`;
  const { server, addresses, returnDomain } = split;
  const onwardTo = (isCopy: boolean): Onward => ({
    via: `${pass}/${address}`,
    address,
    targets: [address],
    keeper: null,
    relay: { server, pass, addresses, returnDomain, isCopy },
  });
  const routed = { kind: "routed" as const, tenantId, address, group: null, needsProof: false };
  switch (to.kind) {
    case "unknown_user":
      return { ...routed, mailboxes: [], onward: [onwardTo(false)], passes: [pass] };
    case "local":
      if (split.mode !== "both") return to;
      return { ...routed, mailboxes: [to], onward: [onwardTo(true)], passes: [pass, hadBy(to)] };
    case "routed": {
      if (split.mode !== "both") return to;
      const had = to.mailboxes.slice(0, MARKED_MAX).map(hadBy);
      return { ...to, onward: [...to.onward, onwardTo(true)], passes: [...to.passes, pass, ...had] };
    }
    case "returned":
    case "disabled":
    case "refused":
    case "elsewhere":
    default:
      return to;
  }
}

/** The recipient for mail that came from an address: what came from the old server does not go back there. */
export function withoutWayBack<R extends Recipient>(to: R, clientIp: string): R {
  if (to.kind !== "routed") return to;
  const onward = to.onward.filter((one) => one.relay?.addresses.includes(clientIp) !== true);
  return onward.length === to.onward.length ? to : { ...to, onward };
}
