import type { Context } from "hono";
import { MailError } from "../../kernel/error.ts";
import type { EdgeDeps } from "../deps.ts";
import { AttemptLimit, isLoopback, networkOf } from "./attempt-limit.ts";

const MINUTE = 60_000;

/** Guards what a guesser or a robot would call often. One for each app. */
export interface Limits {
  /** Runs a sign-in; one that ends in `credentials_wrong` counts against the client and the account.
   * @throws {MailError} rate_limited, and what `work` throws */
  signIn<T>(c: Context, address: string, work: () => Promise<T>): Promise<T>;
  /** Counts one. @throws {MailError} rate_limited */
  signUp(c: Context): void;
  /** Counts one. @throws {MailError} rate_limited */
  proposal(c: Context): void;
  /** Counts one. @throws {MailError} rate_limited */
  heldLink(c: Context): void;
}

export function newLimits({ store, clientAddress, limitLoopback }: EdgeDeps): Limits {
  const { clock } = store;
  const slow = { firstWaitMs: 2_000, forgetMs: 60 * MINUTE };
  const byNetwork = new AttemptLimit(
    { ...slow, free: 20, longestWaitMs: 15 * MINUTE, pendingMax: 64 },
    clock,
  );
  // Anyone can fail on somebody's account, so its owner never waits longer than a minute.
  const byAccount = new AttemptLimit({ ...slow, free: 10, longestWaitMs: MINUTE, pendingMax: 48 }, clock);
  const signUps = new AttemptLimit({ ...slow, free: 5, longestWaitMs: 60 * MINUTE, pendingMax: 1 }, clock);
  const proposals = new AttemptLimit(
    { firstWaitMs: 1_000, forgetMs: MINUTE, free: 200, longestWaitMs: MINUTE, pendingMax: 1 },
    clock,
  );

  // Behind one address may be a whole agency that reads its digests in the morning.
  const heldLinks = new AttemptLimit(
    { firstWaitMs: 1_000, forgetMs: MINUTE, free: 200, longestWaitMs: MINUTE, pendingMax: 1 },
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
    if (from === undefined) return;
    limit.begin(from);
    limit.end(from, "counts");
  };
  return {
    async signIn(c, address, work) {
      const from = network(c);
      if (from === undefined) return work();
      const account = address.trim().toLowerCase().slice(0, 320);
      byNetwork.begin(from);
      try {
        byAccount.begin(account);
      } catch (error) {
        byNetwork.end(from, "ignored");
        throw error;
      }
      let wrong = false;
      let right = false;
      try {
        const result = await work();
        right = true;
        return result;
      } catch (error) {
        wrong = error instanceof MailError && error.code === "credentials_wrong";
        throw error;
      } finally {
        byNetwork.end(from, wrong ? "counts" : "ignored");
        byAccount.end(account, wrong ? "counts" : right ? "forgive" : "ignored");
      }
    },
    signUp: (c) => count(signUps, c),
    proposal: (c) => count(proposals, c),
    heldLink: (c) => count(heldLinks, c),
  };
}
