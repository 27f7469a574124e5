import type { AccountId, TenantId } from "../kernel/id.ts";

/** Somebody here. */
export interface LocalRecipient {
  readonly kind: "local";
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  /** canonical */
  readonly address: string;
  /** A few seconds old; the delivery itself counts exactly. */
  readonly quotaBytes: number;
  readonly usedBytes: number;
  /** postmaster or abuse: takes mail when it is full too (RFC 5321 §4.5.1, RFC 2142 §4) */
  readonly mustReach?: true;
}

/** Mail that goes on to somebody outside the tenant. */
export interface Onward {
  /** What sends it on, within the tenant: `account:<id>`, `group:<id>`, `catch-all:<domain>`. */
  readonly via: string;
  /** The address of what sends it on, whose domain answers for it. */
  readonly address: string;
  /** Where it goes, as those hosts want it written. */
  readonly targets: readonly string[];
  /** The mailbox that has the message when it must not go on: spam, or a loop. Null: a group or a catch-all, which has none. */
  readonly keeper: LocalRecipient | null;
  /** It goes to the old server of a domain that moves here, under the address that it came for. */
  readonly relay?: {
    /** `mail.old.example:25` */
    readonly server: string;
    /** What the mark of all of that server's mail stands for: nothing goes there twice. */
    readonly pass: string;
    readonly addresses: readonly string[];
    /** whose mail comes here, in place of that of `address` */
    readonly returnDomain: string;
    /** Somebody here has the message: what becomes of the copy is nobody's concern. */
    readonly isCopy: boolean;
  };
}

/** Whether a message is with somebody once this has gone: a copy for an old server is not what its sender meant. */
export const isCopy = ({ relay }: Onward): boolean => relay?.isCopy === true;

/** An address here that leads to anything but one mailbox alone: a group, a forward, a catch-all. */
export interface RoutedRecipient {
  readonly kind: "routed";
  readonly tenantId: TenantId;
  /** canonical */
  readonly address: string;
  /** Each once, however many ways lead there. */
  readonly mailboxes: readonly LocalRecipient[];
  readonly onward: readonly Onward[];
  /** All that mail passes on this way, in the form of `Onward.via`; a loop is recognised by them. */
  readonly passes: readonly string[];
  /** What the address itself is, if it is a group: `group:<id>`. */
  readonly group: string | null;
  /** Only some may write there: the envelope's sender is one of them, and whoever says so from outside has to prove it. */
  readonly needsProof: boolean;
}

/** A return path that we made for a message that was sent on: what comes there is for who sent it first. */
export interface ReturnedRecipient {
  readonly kind: "returned";
  readonly tenantId: TenantId;
  /** ours, as it was given */
  readonly address: string;
  /** Whose it is. */
  readonly original: string;
}

/** Whoever has this gets mail from us. */
export type Deliverable = LocalRecipient | RoutedRecipient | ReturnedRecipient;

/** Where mail to an address goes. */
export type Recipient =
  | Deliverable
  /** The domain is ours, and there is no such person. */
  | { readonly kind: "unknown_user" }
  | { readonly kind: "disabled" }
  /** senders: not everybody may write to this group. return_path: only notices go to such an address. */
  | { readonly kind: "refused"; readonly why: "senders" | "return_path" }
  /** The domain is not ours, or the address is malformed. */
  | { readonly kind: "elsewhere" };

export const isDeliverable = (to: Recipient): to is Deliverable =>
  to.kind === "local" || to.kind === "routed" || to.kind === "returned";

/** The mailboxes that a message goes to. @param staysHere it must not go on to anybody outside: then those have it who would have sent it on */
export function mailboxesOf(to: Deliverable, staysHere: boolean): readonly LocalRecipient[] {
  if (to.kind === "local") return [to];
  if (to.kind === "returned") return [];
  if (!staysHere || to.onward.length === 0) return to.mailboxes;
  const kept = to.onward.flatMap((one) => one.keeper ?? []);
  const have = new Set(to.mailboxes.map((one) => one.accountId));
  return [...to.mailboxes, ...kept.filter((one) => !have.has(one.accountId))];
}
