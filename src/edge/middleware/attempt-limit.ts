import { MailError } from "../../kernel/error.ts";
import type { Clock } from "../../kernel/ports.ts";

export interface LimitRule {
  /** Attempts that cost no wait. */
  readonly free: number;
  /** The wait after the first attempt beyond them; it doubles with each further one, up to the longest. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** After so much quiet everything is forgotten. */
  readonly forgetMs: number;
}

interface Entry {
  count: number;
  blockedUntil: number;
  lastAt: number;
}

/** More keys than this are too many to be people: the oldest are forgotten first. */
const KEYS_MAX = 100_000;

/** Counts attempts by key and asks for growing waits. It lives in one process: with n processes a client has
 * at most n times the free attempts, and waits as long everywhere in the end. */
export class AttemptLimit {
  readonly #rule: LimitRule;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(rule: LimitRule, clock: Clock) {
    this.#rule = rule;
    this.#clock = clock;
  }

  /** Counts an attempt. @throws {MailError} rate_limited, with `retryAfterMs`, when this key has to wait */
  count(key: string): void {
    const now = this.#clock();
    const { free, firstWaitMs, longestWaitMs, forgetMs } = this.#rule;
    let entry = this.#entries.get(key);
    if (entry === undefined || entry.lastAt + forgetMs < now)
      entry = { count: 0, blockedUntil: 0, lastAt: now };
    if (entry.blockedUntil > now)
      throw new MailError("rate_limited", { retryAfterMs: entry.blockedUntil - now });
    entry.lastAt = now;
    entry.count += 1;
    const over = entry.count - free;
    if (over >= 0) entry.blockedUntil = now + Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(over, 30));
    // Set again, so that the map's order is the order of the last attempts.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > KEYS_MAX && oldest !== undefined) this.#entries.delete(oldest);
  }
}

/** Whose attempts count together: one IPv4 address, or the 64 bits of IPv6 that one customer has. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!address.includes(":")) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => "0"), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, "").toLowerCase())
    .join(":")}::/64`;
}

export function isLoopback(address: string): boolean {
  return address === "::1" || /^(?:::ffff:)?127\./i.test(address);
}
