/** What failures are counted for. `pair`: one account from one network. */
export type Place = "account" | "address" | "network" | "pair";

export interface Rule {
  /** Failures that cost no wait. */
  readonly free: number;
  /** The wait after the last of them; it doubles with each further one, up to the longest. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** Attempts of one process that may be under way at once: they are not known to be wrong yet. */
  readonly pendingMax: number;
}

const MINUTE = 60_000;

/** Anyone can fail on somebody's account, so nobody waits longer than a minute for that. Behind one address may be a whole agency. */
export const RULES: Readonly<Record<Place, Rule>> = {
  pair: { free: 10, firstWaitMs: 2_000, longestWaitMs: MINUTE, pendingMax: 10 },
  account: { free: 20, firstWaitMs: 2_000, longestWaitMs: MINUTE, pendingMax: 20 },
  address: { free: 30, firstWaitMs: 2_000, longestWaitMs: 15 * MINUTE, pendingMax: 64 },
  network: { free: 90, firstWaitMs: 2_000, longestWaitMs: 5 * MINUTE, pendingMax: 128 },
};

/** After so much quiet all failures of a place are forgotten. */
export const FORGET_MS = 60 * MINUTE;
/** So long a network is known from which an account has signed in. */
export const KNOWN_MS = 60 * 24 * 60 * MINUTE;
/** How often that is written down anew. */
export const KNOWN_AGAIN_MS = 24 * 60 * MINUTE;

/** The failures of a place, and the moment of the last attempt that counted. */
export interface Tally {
  readonly failures: number;
  readonly lastAt: number;
}

export type Tallies = Readonly<Partial<Record<Place, Tally>>>;

export type Decision =
  /** It may be tried. In the places of `claims` only one attempt may be made for each wait: who takes it first has it. */
  | { readonly kind: "go"; readonly claims: readonly Place[] }
  | { readonly kind: "wait"; readonly retryAfterMs: number; readonly because: Place };

/** The places that count for an attempt: where the account's owner has signed in from, only what happens there and to this account. */
export const placesThatCount = (isKnown: boolean): readonly Place[] =>
  isKnown ? ["pair"] : ["pair", "account", "address", "network"];

/** How long to wait after the last attempt. */
export function waitMs(place: Place, failures: number): number {
  const { free, firstWaitMs, longestWaitMs } = RULES[place];
  return failures < free ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(failures - free, 30));
}

/** Whether a password may be tried now.
 * @param isKnown the account has signed in from this network before */
export function decideSignIn(tallies: Tallies, isKnown: boolean, now: number): Decision {
  const claims: Place[] = [];
  let longest: { readonly retryAfterMs: number; readonly because: Place } | undefined;
  for (const place of placesThatCount(isKnown)) {
    const tally = tallies[place];
    if (tally === undefined || now - tally.lastAt >= FORGET_MS) continue;
    const wait = waitMs(place, tally.failures);
    if (wait === 0) continue;
    claims.push(place);
    // Another process's clock may be ahead: nobody waits longer for that.
    const left = Math.min(wait, tally.lastAt + wait - now);
    if (left > (longest?.retryAfterMs ?? 0)) longest = { retryAfterMs: left, because: place };
  }
  return longest === undefined ? { kind: "go", claims } : { kind: "wait", ...longest };
}

/** Whether this failure is one to write down for the administrators: when the waits begin, and at four times as many, and so on. */
export function isThreshold(place: Place, failures: number): boolean {
  let threshold = RULES[place].free;
  while (threshold < failures) threshold *= 4;
  return threshold === failures;
}

/** Whether administrators are told of it too. One person who tries all the passwords they remember is no attack. */
export function isAlarming(place: Place, failures: number): boolean {
  return isThreshold(place, failures) && (place !== "pair" || failures > RULES.pair.free);
}

/** How long the answer to a wrong password is held back, by how many of its kind came before. */
export function answerDelayMs(failures: number): number {
  return Math.min(8_000, 1_000 * 2 ** Math.min(Math.max(failures - 1, 0), 10));
}

/** How many distinct attempts of one process may be under way in a place, so that they can't run past its free ones together. */
export function pendingMax(place: Place, tally: Tally | undefined): number {
  const { free, pendingMax: most } = RULES[place];
  if (place === "address" || place === "network") return most;
  return Math.max(1, Math.min(most, free - (tally?.failures ?? 0)));
}
