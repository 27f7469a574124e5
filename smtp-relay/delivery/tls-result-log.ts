import type { Db } from "../../src/db/index.ts";
import type { Clock, Log } from "../../src/kernel/ports.ts";
import { recordTlsResults, type TlsResult, tlsResultKey } from "../../src/outbound/index.ts";
import type { TlsResultType } from "../../src/protocol/tls-rpt/index.ts";
import type { TlsPolicy } from "./tls-demand.ts";

/** One session, or the failure to have one. */
export interface TlsOutcome {
  readonly policy: TlsPolicy;
  /** "" where it did not come to that */
  readonly mxHost: string;
  readonly mxIp: string;
  readonly sendingIp: string;
  readonly result: TlsResultType;
  readonly reason?: string;
}

/** How often what was counted is written down: what a crash loses is at most this much of a statistic. */
const FLUSH_MS = 30_000;
/** Different results held at most; they are written down before there are more. */
const HELD_MAX = 2_000;

/** Counts how TLS with others went, and writes the counts down in batches: not one statement per message. */
export class TlsResultLog {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #counted = new Map<string, TlsResult>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(db: Db, clock: Clock, log: Log) {
    this.#db = db;
    this.#clock = clock;
    this.#log = log;
  }

  add({ policy, mxHost, mxIp, sendingIp, result, reason = "" }: TlsOutcome): void {
    const one = {
      day: new Date(this.#clock()).toISOString().slice(0, 10),
      policyDomain: policy.domain,
      policyType: policy.type,
      policyString: policy.lines,
      mxPatterns: policy.mxPatterns,
      mxHost,
      mxIp,
      sendingIp,
      resultType: result,
      reason,
    };
    const key = tlsResultKey(one);
    this.#counted.set(key, { ...one, count: (this.#counted.get(key)?.count ?? 0) + 1 });
    if (this.#counted.size >= HELD_MAX) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Writes down what was counted. Never throws: counts that can't be written wait for the next time. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const results = [...this.#counted.values()];
    if (results.length === 0) return;
    this.#counted.clear();
    try {
      await this.#db.system("delivery: results of TLS", (tx) => recordTlsResults(tx, results));
    } catch (error) {
      this.#log.warn("tls_results_failed", { error, results: results.length });
      for (const one of results.slice(0, HELD_MAX - this.#counted.size)) {
        const key = tlsResultKey(one);
        this.#counted.set(key, { ...one, count: one.count + (this.#counted.get(key)?.count ?? 0) });
      }
    }
  }
}
