import type { Db } from "../db/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import type { Log } from "../kernel/ports.ts";
import { listModseqs } from "./modseq.store.ts";

const CHANNEL = "angelia_changes";
/** A batch of wake-ups goes out at most this often; a session elsewhere notices a message within about this time. */
const BATCH_MS = 100;
/** PostgreSQL takes 8,000 octets; 40 a change. */
const CHANGES_PER_NOTIFY = 190;
/** How long a wake-up that a dying process never sent can stay unnoticed. */
const COMPARE_MS = 30_000;

/** Tells that an account has changed; what changed is read from the database. */
export interface ChangeHub {
  /** To be called after each commit that moved an account's change counter. Never throws. */
  committed(tenantId: TenantId, accountIds: Iterable<AccountId>): void;
  /** Calls `woken` after each change of the account by any process; it must not throw, and may be called without a change.
   * @returns a function that ends it */
  watch(tenantId: TenantId, accountId: AccountId, woken: () => void): () => void;
}

interface Watched {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  readonly wake: Set<() => void>;
  /** the counter at the last comparison */
  modseq: number | undefined;
}

/** The change hub of one process, joined to those of the others by LISTEN and NOTIFY. */
export class NotifyingChangeHub implements ChangeHub {
  readonly #db: Db;
  readonly #log: Log;
  readonly #watched = new Map<string, Watched>();
  #pending = new Set<AccountId>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #compare: ReturnType<typeof setInterval> | undefined;

  constructor(db: Db, log: Log) {
    this.#db = db;
    this.#log = log;
  }

  /** Begins to listen to the other processes. */
  async start(): Promise<void> {
    this.#compare = setInterval(() => void this.#compareCounters(), COMPARE_MS);
    await this.#db.listen(
      CHANNEL,
      (payload) => {
        for (const id of payload.split(" ")) this.#wake(id);
      },
      // What was said while the connection was down is unknown: everybody looks.
      () => {
        for (const id of this.#watched.keys()) this.#wake(id);
      },
    );
  }

  stop(): void {
    clearInterval(this.#compare);
    clearTimeout(this.#timer);
  }

  committed(_tenantId: TenantId, accountIds: Iterable<AccountId>): void {
    for (const id of accountIds) {
      this.#wake(id);
      this.#pending.add(id);
    }
    if (this.#pending.size > 0) this.#timer ??= setTimeout(() => void this.#flush(), BATCH_MS);
  }

  watch(tenantId: TenantId, accountId: AccountId, woken: () => void): () => void {
    const entry = this.#watched.get(accountId) ?? { tenantId, accountId, wake: new Set(), modseq: undefined };
    this.#watched.set(accountId, entry);
    entry.wake.add(woken);
    return () => {
      entry.wake.delete(woken);
      if (entry.wake.size === 0 && this.#watched.get(accountId) === entry) this.#watched.delete(accountId);
    };
  }

  #wake(id: string): void {
    for (const woken of this.#watched.get(id)?.wake ?? []) woken();
  }

  async #flush(): Promise<void> {
    const ids = [...this.#pending];
    this.#pending = new Set();
    this.#timer = undefined;
    for (let from = 0; from < ids.length; from += CHANGES_PER_NOTIFY) {
      try {
        await this.#db.notify(CHANNEL, ids.slice(from, from + CHANGES_PER_NOTIFY).join(" "));
      } catch (error) {
        this.#log.warn("changes.notify_failed", { error: String(error) });
      }
    }
  }

  async #compareCounters(): Promise<void> {
    const byTenant = Map.groupBy(this.#watched.values(), (entry) => entry.tenantId);
    for (const [tenantId, entries] of byTenant) {
      try {
        const rows = await this.#db.tenant(tenantId, (tx) =>
          listModseqs(
            tx,
            entries.map((entry) => entry.accountId),
          ),
        );
        for (const { accountId, modseq } of rows) {
          const entry = this.#watched.get(accountId);
          if (entry === undefined || entry.modseq === modseq) continue;
          entry.modseq = modseq;
          this.#wake(accountId);
        }
      } catch (error) {
        this.#log.warn("changes.compare_failed", { error: String(error) });
      }
    }
  }
}
