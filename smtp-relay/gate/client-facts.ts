import type { HeloFinding } from "./check-helo.ts";
import type { Listing } from "./dns-lists.ts";

/** What is known about a client when its message is there; for the checks and the decision that follow. */
export interface ClientFacts {
  /** forward-confirmed; null: none, or DNS did not say so in time */
  readonly reverseName: string | null;
  /** DNS says that its address has no name that leads back to it; not when DNS does not answer. */
  readonly isNameless: boolean;
  readonly helo: readonly HeloFinding[];
  /** Set where it was let in all the same: mail to postmaster and abuse. */
  readonly listing: Listing | null;
  /** The operator, or an allow list, knows it to be good. */
  readonly isKnownGood: boolean;
}
