import type { Resolver } from "../../src/dns/index.ts";
import type { Clock, Log } from "../../src/kernel/ports.ts";
import { reversedLabels } from "../listen/address.ts";
import type { GateMetrics } from "./gate-metrics.ts";
import { counts, isRefusal, type ListZone } from "./list-zone.ts";

/** An address stands on a list. */
export interface Listing {
  readonly zone: string;
  /** Its answers that count: `127.0.0.2`. */
  readonly codes: readonly string[];
  /** What the list says to the client; null: nothing. */
  readonly text: string | null;
}

/** A zone that fails fails for every client: it is told once in so long. */
const TELL_MS = 60_000;

/** Asks DNS lists about addresses. What does not answer lists nobody: a list that is down must not stop the mail. Answers are kept by
 * the resolver for as long as they say. */
export class DnsLists {
  readonly #resolver: Resolver;
  readonly #log: Log;
  readonly #metrics: GateMetrics;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #told = new Map<string, number>();

  constructor(deps: { resolver: Resolver; log: Log; metrics: GateMetrics; clock: Clock; timeoutMs: number }) {
    this.#resolver = deps.resolver;
    this.#log = deps.log;
    this.#metrics = deps.metrics;
    this.#clock = deps.clock;
    this.#timeoutMs = deps.timeoutMs;
  }

  /** The first of these lists that has the address, in their order; null if none has it, or none answers in time. */
  async find(zones: readonly ListZone[], ip: string): Promise<Listing | null> {
    const found = await Promise.all(zones.map((zone) => this.#ask(zone, ip)));
    return found.find((one) => one !== null) ?? null;
  }

  async #ask(list: ListZone, ip: string): Promise<Listing | null> {
    const { zone } = list;
    const name = `${reversedLabels(ip)}.${zone}`;
    const answers = await this.#inTime(this.#resolver.a(name));
    if (answers === null) {
      this.#count(zone, "no_answer");
      this.#tell("dns_list_no_answer", zone, {});
      return null;
    }
    const refusal = answers.find(isRefusal);
    if (refusal !== undefined) {
      this.#count(zone, "refused");
      this.#tell("dns_list_refuses_us", zone, { code: refusal });
    }
    const codes = answers.filter((answer) => counts(list, answer));
    if (codes.length === 0) {
      if (refusal === undefined) this.#count(zone, "clean");
      return null;
    }
    this.#count(zone, "listed");
    const texts = await this.#inTime(this.#resolver.txt(name));
    return { zone, codes, text: texts?.[0]?.slice(0, 300) ?? null };
  }

  /** @returns null: no answer, or not in time */
  async #inTime<T>(answer: Promise<T>): Promise<T | null> {
    const late = Promise.withResolvers<null>();
    const timer = setTimeout(late.resolve, this.#timeoutMs, null);
    try {
      return await Promise.race([answer.catch(() => null), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #count(zone: string, outcome: "listed" | "clean" | "no_answer" | "refused"): void {
    this.#metrics.lookups.inc({ zone, outcome });
  }

  #tell(event: string, zone: string, fields: Readonly<Record<string, unknown>>): void {
    const key = `${event} ${zone}`;
    if ((this.#told.get(key) ?? -Infinity) + TELL_MS > this.#clock()) return;
    this.#told.set(key, this.#clock());
    this.#log.warn(event, { zone, ...fields });
  }
}
