import type { Db } from "../db/index.ts";
import type { Clock, Log } from "../kernel/ports.ts";
import { HOUSE_TENANT } from "../tenants/index.ts";
import { addDmarcResults, dmarcDigest, type DmarcResult } from "./dmarc-result.store.ts";

/** Different results in memory; what comes beyond that before the next flush is not counted. */
const KEPT_MAX = 20_000;
const FLUSH_MS = 10_000;
const BATCH = 500;

/** Counts DMARC results for our reports, and writes them down every few seconds: no message waits for it. What a process that dies
 * has not written yet is missing in the report, which is statistics. */
export class DmarcCounter {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #kept = new Map<string, { readonly result: Omit<DmarcResult, "messages">; messages: number }>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor({ db, clock, log }: { readonly db: Db; readonly clock: Clock; readonly log: Log }) {
    this.#db = db;
    this.#clock = clock;
    this.#log = log;
    this.#timer = setInterval(() => void this.flush(), FLUSH_MS);
  }

  add(result: Pick<DmarcResult, "policyDomain" | "policy" | "record">): void {
    this.#put({ ...result, day: new Date(this.#clock()).toISOString().slice(0, 10) }, 1);
  }

  #put(result: Omit<DmarcResult, "messages">, messages: number): void {
    const key = `${result.day} ${result.policyDomain} ${dmarcDigest(result)}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) kept.messages += messages;
    else if (this.#kept.size < KEPT_MAX) this.#kept.set(key, { result, messages });
  }

  /** Writes down what was counted; what can't be written now stays. Never throws. */
  async flush(): Promise<void> {
    const all = [...this.#kept.values()];
    this.#kept.clear();
    for (let at = 0; at < all.length; at += BATCH) {
      const some = all.slice(at, at + BATCH);
      const rows = some.map(({ result, messages }) => ({ ...result, messages }));
      try {
        await this.#db.tenant(HOUSE_TENANT, (tx) => addDmarcResults(tx, rows));
      } catch (error) {
        this.#log.warn("dmarc_count_failed", { error, results: all.length - at });
        for (const one of all.slice(at)) this.#put(one.result, one.messages);
        return;
      }
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}
