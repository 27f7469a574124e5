import type { Clock } from "../../src/kernel/ports.ts";
import { networkOf } from "../listen/address.ts";
import { RateWindow } from "../listen/rate-window.ts";
import { type GateLimits, NETWORK_FACTOR } from "./gate-settings.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Counts what addresses and their networks bring to this process. In memory: a process that starts anew forgets, and each process of
 * several counts for itself, which only lets more through. */
export class Rates {
  readonly #limits: GateLimits;
  readonly #messages: RateWindow;
  readonly #recipients: RateWindow;
  readonly #invalid: RateWindow;

  constructor(limits: GateLimits, clock: Clock) {
    this.#limits = limits;
    this.#messages = new RateWindow(MINUTE_MS, clock);
    this.#recipients = new RateWindow(HOUR_MS, clock);
    this.#invalid = new RateWindow(HOUR_MS, clock);
  }

  /** Counts a message. @returns false: it is one too many, and is not counted */
  message(ip: string): boolean {
    return take(this.#messages, ip, 1, this.#limits.messagesPerMinute);
  }

  /** Counts recipients. @returns false: they are too many, and are not counted */
  recipients(ip: string, count: number): boolean {
    return take(this.#recipients, ip, count, this.#limits.recipientsPerHour);
  }

  /** Counts recipients that do not exist. */
  invalid(ip: string, count: number): void {
    for (const key of [ip, networkOf(ip)]) this.#invalid.add(key, count);
  }

  /** Somebody tries names here. */
  isHarvesting(ip: string): boolean {
    return isFull(this.#invalid, ip, 1, this.#limits.invalidRecipientsPerHour);
  }
}

const isFull = (window: RateWindow, ip: string, more: number, limit: number): boolean =>
  window.count(ip) + more > limit || window.count(networkOf(ip)) + more > limit * NETWORK_FACTOR;

function take(window: RateWindow, ip: string, count: number, limit: number): boolean {
  if (isFull(window, ip, count, limit)) return false;
  for (const key of [ip, networkOf(ip)]) window.add(key, count);
  return true;
}
