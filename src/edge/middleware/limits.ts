import type { Context } from "hono";
import type { EdgeDeps } from "../deps.ts";
import { AttemptLimit, isLoopback, networkOf } from "./attempt-limit.ts";

const MINUTE = 60_000;

/** Guards what a robot would call often; sign-ins have a guard of their own (`tenants/sign-in-guard`). One for each app. */
export interface Limits {
  /** Counts one. @throws {MailError} rate_limited */
  signUp(c: Context): void;
  /** Counts one. @throws {MailError} rate_limited */
  proposal(c: Context): void;
  /** Counts one. @throws {MailError} rate_limited */
  heldLink(c: Context): void;
  /** Counts a question of a mail program for its settings. @throws {MailError} rate_limited */
  discovery(c: Context): void;
  /** Counts a look at a link of an invitation. @throws {MailError} rate_limited */
  invitation(c: Context): void;
}

export function newLimits({ store, clientAddress, limitLoopback }: EdgeDeps): Limits {
  const { clock } = store;
  const slow = { firstWaitMs: 2_000, forgetMs: 60 * MINUTE };
  const signUps = new AttemptLimit({ ...slow, free: 5, longestWaitMs: 60 * MINUTE }, clock);
  const proposals = new AttemptLimit(
    { firstWaitMs: 1_000, forgetMs: MINUTE, free: 200, longestWaitMs: MINUTE },
    clock,
  );

  // Behind one address may be a whole agency that reads its digests in the morning.
  const heldLinks = new AttemptLimit(
    { firstWaitMs: 1_000, forgetMs: MINUTE, free: 200, longestWaitMs: MINUTE },
    clock,
  );

  // Whole agencies set up their programs in one morning; and nobody lists the domains that are here by it.
  const discoveries = new AttemptLimit(
    { firstWaitMs: 1_000, forgetMs: MINUTE, free: 600, longestWaitMs: MINUTE },
    clock,
  );

  // A new agency's people use theirs in one morning. Nobody guesses one: they have 200 bits.
  const invitations = new AttemptLimit(
    { firstWaitMs: 1_000, forgetMs: MINUTE, free: 600, longestWaitMs: MINUTE },
    clock,
  );

  /** undefined: doesn't count */
  const network = (c: Context): string | undefined => {
    const address = clientAddress(c);
    if (address === undefined) return "unknown";
    return isLoopback(address) && !limitLoopback ? undefined : networkOf(address);
  };
  const count = (limit: AttemptLimit, c: Context): void => {
    const from = network(c);
    if (from !== undefined) limit.count(from);
  };
  return {
    signUp: (c) => count(signUps, c),
    proposal: (c) => count(proposals, c),
    heldLink: (c) => count(heldLinks, c),
    discovery: (c) => count(discoveries, c),
    invitation: (c) => count(invitations, c),
  };
}
