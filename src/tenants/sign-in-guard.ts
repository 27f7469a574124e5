import type { KeyRing } from "../blob/index.ts";
import type { Db } from "../db/index.ts";
import { toHex } from "../kernel/hex.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import type { Clock } from "../kernel/ports.ts";
import { insertAudit } from "./audit.store.ts";
import {
  answerDelayMs,
  decideSignIn,
  FORGET_MS,
  isAlarming,
  isThreshold,
  KNOWN_AGAIN_MS,
  KNOWN_MS,
  pendingMax,
  type Place,
  placesThatCount,
  type Tallies,
  type Tally,
} from "./decide-sign-in.ts";
import { HOUSE_TENANT } from "./house-tenant.ts";
import {
  claimSignInAttempts,
  countSignInFailure,
  type FailureKey,
  forgiveSignInFailures,
  insertSignInAttack,
  readSignInFailures,
} from "./sign-in-failures.store.ts";
import { placesOf, type SignInClient } from "./sign-in-places.ts";

export interface SignInAttempt {
  readonly client: SignInClient;
  /** The tenant of the address's domain; undefined: it is none of ours. */
  readonly tenantId: TenantId | undefined;
  /** The canonical address, or what was given in its place. */
  readonly account: string;
  /** Tells attempts that are under way apart: the same password tried twice at once is one. Never written down. */
  readonly secret: string;
}

/** What is known before a password is looked at. */
interface Standing {
  readonly keys: Readonly<Record<Place, FailureKey>>;
  readonly network: FailureKey;
  readonly tallies: Tallies;
  readonly knownAt: number | null;
  readonly isKnown: boolean;
}

/** More are of no use: they are asked for only while an attempt is under way. */
const COUNTED_MAX = 10_000;

const PLACES: readonly Place[] = ["pair", "account", "address", "network"];
/** When many are under way at once, the next may be made after this. */
const PENDING_WAIT_MS = 1_000;
const ACCOUNT_MAX = 320;

const encoder = new TextEncoder();

/** The one place where all protocols ask whether a password may be tried, and where what came of it is counted, for all processes.
 *
 * Before: one round trip, and no scrypt for who has to wait. A wrong password: one commit, with the audit row when a threshold is
 * crossed. A right one: one more statement only when there is something to forgive, or the network is new. */
export class SignInGuard {
  readonly #db: Db;
  readonly #keys: Pick<KeyRing, "pepper">;
  readonly #clock: Clock;
  /** key of a place → what is being tried there, and how often */
  readonly #pending = new Map<FailureKey, Map<string, number>>();
  /** what was counted here last: it is newer than what was read before it */
  readonly #counted = new Map<FailureKey, Tally & { readonly turn: number }>();
  #turn = 0;

  constructor({ db, keys, clock }: { db: Db; keys: Pick<KeyRing, "pepper">; clock: Clock }) {
    this.#db = db;
    this.#keys = keys;
    this.#clock = clock;
  }

  /** Runs a sign-in. One that throws `credentials_wrong` counts, unless its detail says `isRepeated`; it gets `answerDelayMs`.
   * @throws {MailError} sign_in_throttled with `retryAfterMs`, unavailable, and what `work` throws */
  async guarded<T>(attempt: SignInAttempt, work: () => Promise<T>): Promise<T> {
    if (!attempt.client.isCounted) return work();
    const tag = await this.#key(`secret\0${attempt.account}\0${attempt.secret}`);
    const standing = await this.#standing(attempt);
    const leave = await this.#enter(attempt, standing, tag);
    try {
      const result = await work();
      await this.#succeeded(attempt, standing);
      return result;
    } catch (error) {
      if (!(error instanceof MailError) || error.code !== "credentials_wrong") throw error;
      throw await this.#failed(attempt, standing, error);
    } finally {
      leave();
    }
  }

  /** Counts an access token that is wrong. Nobody guesses one, so those that are right are never held up.
   * @returns what to throw @throws {MailError} unavailable */
  async wrongToken(client: SignInClient, error: MailError): Promise<MailError> {
    if (!client.isCounted) return error;
    const now = this.#clock();
    const attempt: SignInAttempt = { client, tenantId: undefined, account: "", secret: "" };
    const { keys, tallies } = await this.#standing(attempt);
    const { address, network } = tallies;
    const places: Tallies = {
      ...(address === undefined ? {} : { address }),
      ...(network === undefined ? {} : { network }),
    };
    const decision = decideSignIn(places, false, now);
    if (decision.kind === "wait") return throttled(decision.retryAfterMs, decision.because);
    const counts = await this.#db.tenant(HOUSE_TENANT, (tx) =>
      countSignInFailure(tx, [keys.address, keys.network], now, now - FORGET_MS),
    );
    const delay = answerDelayMs(counts.get(keys.address) ?? 1);
    return new MailError(error.code, { ...error.detail, answerDelayMs: delay }, { cause: error });
  }

  async #standing({ client, tenantId, account }: SignInAttempt): Promise<Standing> {
    const { address, network } = placesOf(client.ip);
    const who = account.slice(0, ACCOUNT_MAX);
    const [pair, byAccount, byAddress, byNetwork, known] = await Promise.all(
      [`pair\0${who}\0${network}`, `account\0${who}`, `address\0${address}`, `network\0${network}`]
        .map((about) => this.#key(about))
        .concat(this.#key(`known\0${who}\0${network}`)),
    );
    if (
      pair === undefined ||
      byAccount === undefined ||
      byAddress === undefined ||
      byNetwork === undefined ||
      known === undefined
    )
      throw new Error("a key is missing");
    const keys = { pair, account: byAccount, address: byAddress, network: byNetwork };
    const scope = tenantId ?? HOUSE_TENANT;
    const turn = ++this.#turn;
    const found = await readSignInFailures(this.#db, scope, Object.values(keys), known);
    const { knownAt } = found;
    const tallies: Partial<Record<Place, Tally>> = {};
    for (const place of PLACES) {
      const newer = this.#counted.get(keys[place]);
      const tally = newer !== undefined && newer.turn > turn ? newer : found.tallies.get(keys[place]);
      if (tally !== undefined) tallies[place] = tally;
    }
    const isKnown = knownAt !== null && knownAt > this.#clock() - KNOWN_MS;
    return { keys, network: known, tallies, knownAt, isKnown };
  }

  async #key(about: string): Promise<FailureKey> {
    return toHex((await this.#keys.pepper(encoder.encode(`sign-in\0${about}`))).subarray(0, 16));
  }

  /** Nothing is awaited before the attempt counts as under way, so no two see the same room.
   * @param tag of the secret @returns what ends the attempt @throws {MailError} sign_in_throttled, unavailable */
  async #enter({ tenantId }: SignInAttempt, standing: Standing, tag: string): Promise<() => void> {
    const now = this.#clock();
    const { keys, tallies, isKnown } = standing;
    const decision = decideSignIn(tallies, isKnown, now);
    if (decision.kind === "wait") throw throttled(decision.retryAfterMs, decision.because);
    const places = placesThatCount(isKnown);
    for (const place of places) {
      const pending = this.#pending.get(keys[place]);
      if (pending !== undefined && !pending.has(tag) && pending.size >= pendingMax(place, tallies[place]))
        throw throttled(PENDING_WAIT_MS, place);
    }
    for (const place of places) this.#begin(keys[place], tag);
    const leave = (): void => {
      for (const place of places) this.#end(keys[place], tag);
    };
    try {
      const claims = new Map(decision.claims.map((place) => [keys[place], tallies[place]?.lastAt ?? 0]));
      const isMine =
        claims.size === 0 || (await claimSignInAttempts(this.#db, tenantId ?? HOUSE_TENANT, claims, now));
      if (!isMine) throw throttled(PENDING_WAIT_MS, decision.claims[0] ?? "pair");
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  }

  #begin(key: FailureKey, tag: string): void {
    const pending = this.#pending.get(key) ?? new Map<string, number>();
    pending.set(tag, (pending.get(tag) ?? 0) + 1);
    this.#pending.set(key, pending);
  }

  #end(key: FailureKey, tag: string): void {
    const pending = this.#pending.get(key);
    const left = (pending?.get(tag) ?? 1) - 1;
    if (left > 0) pending?.set(tag, left);
    else pending?.delete(tag);
    if (pending?.size === 0) this.#pending.delete(key);
  }

  async #succeeded({ tenantId }: SignInAttempt, standing: Standing): Promise<void> {
    const { keys, network, tallies, knownAt, isKnown } = standing;
    const now = this.#clock();
    const own = tallies.pair?.failures ?? 0;
    const elsewhere = isKnown ? (tallies.account?.failures ?? 0) : 0;
    if (own === 0 && elsewhere === 0 && knownAt !== null && knownAt > now - KNOWN_AGAIN_MS) return;
    const { pair, account, address, network: around } = keys;
    try {
      await forgiveSignInFailures(this.#db, tenantId ?? HOUSE_TENANT, {
        // A stranger who got the password must not wipe out what tells of him; who was here before may.
        gone: isKnown ? [pair, account] : [pair],
        lessened: isKnown ? [address, around] : [account, address, around],
        own,
        network,
        now,
      });
    } catch (error) {
      // The password was right: that it could not be written down is nobody's fault, and it is written the next time.
      if (!(error instanceof MailError) || error.code !== "unavailable") throw error;
    }
  }

  /** Counts it. @returns what to throw: `sign_in_throttled` is for the next attempt, this one was wrong */
  async #failed(attempt: SignInAttempt, { keys, tallies }: Standing, error: MailError): Promise<MailError> {
    if (error.detail["isRepeated"] === true) {
      const delay = answerDelayMs(tallies.pair?.failures ?? 1);
      return new MailError("credentials_wrong", { ...error.detail, answerDelayMs: delay }, { cause: error });
    }
    const { client, tenantId, account } = attempt;
    const now = this.#clock();
    const { address, network } = placesOf(client.ip);
    const counts = await this.#db.tenant(tenantId ?? HOUSE_TENANT, async (tx) => {
      const counted = await countSignInFailure(tx, Object.values(keys), now, now - FORGET_MS);
      for (const place of PLACES) {
        const failures = counted.get(keys[place]) ?? 0;
        if (tenantId === undefined || !isThreshold(place, failures)) continue;
        const detail = { place, address, network, protocol: client.protocol, failures };
        await insertAudit(tx, { actor: "sign-in", action: "sign_in.throttled", subject: account, detail });
        if (!isAlarming(place, failures)) continue;
        const subject = place === "address" ? address : place === "network" ? network : account;
        await insertSignInAttack(tx, { subject, detail: { ...detail, account }, at: now });
      }
      return counted;
    });
    if (this.#counted.size >= COUNTED_MAX) this.#counted.clear();
    const turn = ++this.#turn;
    for (const [key, failures] of counts) this.#counted.set(key, { failures, lastAt: now, turn });
    const delay = answerDelayMs(counts.get(keys.pair) ?? 1);
    return new MailError("credentials_wrong", { ...error.detail, answerDelayMs: delay }, { cause: error });
  }
}

const throttled = (retryAfterMs: number, because: Place): MailError =>
  new MailError("sign_in_throttled", { retryAfterMs: Math.ceil(retryAfterMs), because });
