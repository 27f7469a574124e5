import type { SupportState } from "../contract/support-access.ts";

/** What decides about an access of the operator's support. Times are milliseconds since the epoch. */
export interface SupportFacts {
  readonly scope: "settings" | "mailbox";
  readonly askedAt: number;
  /** null: not granted */
  readonly expiresAt: number | null;
  readonly closedAs: "refused" | "ended" | null;
  /** the addresses of those who agreed */
  readonly agreed: readonly string[];
}

/** A request that nobody answers is over after this. */
const WAITS_MS = 7 * 86_400_000;

export function supportState(facts: SupportFacts, now: number): SupportState {
  if (facts.closedAs !== null) return facts.closedAs;
  if (facts.expiresAt !== null) return facts.expiresAt > now ? "granted" : "expired";
  return facts.askedAt + WAITS_MS > now ? "asked" : "expired";
}

/** How many people have to agree: one owner, and for a mailbox its person, or another owner, besides. Where its person is the only owner
 * there is nobody else to ask. */
export const agreeingPeople = (scope: SupportFacts["scope"], isPersonTheOnlyOwner: boolean): number =>
  scope === "mailbox" && !isPersonTheOnlyOwner ? 2 : 1;

/** What it comes to that somebody agrees. */
export function decideAgree(
  facts: SupportFacts,
  by: {
    readonly address: string;
    readonly isOwner: boolean;
    /** it is their mailbox */
    readonly isPerson: boolean;
  },
  /** one of those who agreed is an owner */
  hasOwner: boolean,
  needed: number,
  now: number,
): "closed" | "forbidden" | "one_more" | "granted" {
  if (supportState(facts, now) !== "asked") return "closed";
  if (!by.isOwner && !by.isPerson) return "forbidden";
  if (facts.agreed.includes(by.address)) return "forbidden";
  const isEnough = facts.agreed.length + 1 >= needed && (hasOwner || by.isOwner);
  return isEnough ? "granted" : "one_more";
}
