import type { Db } from "../db/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import type { Log } from "../kernel/ports.ts";
import { listChangedModseqs } from "./modseq.store.ts";

const CHANNEL = "angelia_changes";
/** A batch of wake-ups goes out at most this often; a session elsewhere notices a message within about this time. */
const BATCH_MS = 100;
/** PostgreSQL takes 8,000 octets; 40 a change. */
const CHANGES_PER_NOTIFY = 190;
/** How long a wake-up that a dying process never sent can stay unnoticed. */
const COMPARE_MS = 30_000;
/** Accounts that one comparison asks for: 50,000 at once would keep this process and the database busy in one piece. */
const COMPARED_AT_ONCE = 2_000;
/** When the comparison after a reconnection fails, it is made again. */
const COMPARE_AGAIN_MS = 1_000;

/** Tells that an account has changed; what changed is read from the database. */
export interface ChangeHub {
  /** To be called after each commit that moved an account's change counter. Never throws. */
  committed(tenantId: TenantId, accountIds: Iterable<AccountId>): void;
  /** Calls `woken` after each change of the account by any process; it must not throw, and may be called without a change.
   * @param seen the account's counter up to which the caller knows all changes
   * @returns a function that ends it */
  watch(tenantId: TenantId, accountId: AccountId, woken: () => void, seen?: number): () => void;
}

interface Watched {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  /** An array, not a set: there are tens of thousands of entries, and most have one or two. */
  readonly wake: (() => void)[];
  /** The counter at the last comparison; -1: none was made, and nobody said what he knows. */
  modseq: number;
}

/** The change hub of one process, joined to those of the others by LISTEN and NOTIFY. */
export class NotifyingChangeHub implements ChangeHub {
  readonly #db: Db;
  readonly #log: Log;
  /** Tells what this process says from what others say. */
  readonly #name = crypto.randomUUID();
  readonly #watched = new Map<string, Watched>();
  #pending = new Set<AccountId>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #compare: ReturnType<typeof setInterval> | undefined;
  #compareAgain: ReturnType<typeof setTimeout> | undefined;
  #isComparing = false;

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
        // Ours have been woken at once.
        if (!payload.startsWith(this.#name)) for (const id of payload.split(" ")) this.#wake(id);
      },
      // What was said while the connection was down is unknown: whose counter has moved looks.
      () => void this.#compareCounters(),
    );
  }

  stop(): void {
    clearInterval(this.#compare);
    clearTimeout(this.#compareAgain);
    clearTimeout(this.#timer);
  }

  committed(_tenantId: TenantId, accountIds: Iterable<AccountId>): void {
    for (const id of accountIds) {
      this.#wake(id);
      this.#pending.add(id);
    }
    if (this.#pending.size > 0) this.#timer ??= setTimeout(() => void this.#flush(), BATCH_MS);
  }

  watch(tenantId: TenantId, accountId: AccountId, woken: () => void, seen = Infinity): () => void {
    const known = this.#watched.get(accountId);
    const entry = known ?? { tenantId, accountId, wake: [], modseq: Number.isFinite(seen) ? seen : -1 };
    if (known === undefined) this.#watched.set(accountId, entry);
    else if (seen < known.modseq) known.modseq = seen;
    entry.wake.push(woken);
    return () => {
      const at = entry.wake.indexOf(woken);
      if (at >= 0) entry.wake.splice(at, 1);
      if (entry.wake.length === 0 && this.#watched.get(accountId) === entry) this.#watched.delete(accountId);
    };
  }

  #wake(id: string): void {
    // A copy: who is woken may end its watch.
    for (const woken of this.#watched.get(id)?.wake.slice() ?? []) woken();
  }

  /** Tells the other processes what is not told yet: for one that is about to end. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const ids = [...this.#pending];
    this.#pending = new Set();
    this.#timer = undefined;
    for (let from = 0; from < ids.length; from += CHANGES_PER_NOTIFY) {
      try {
        await this.#db.notify(CHANNEL, [this.#name, ...ids.slice(from, from + CHANGES_PER_NOTIFY)].join(" "));
      } catch (error) {
        this.#log.warn("changes.notify_failed", { error: String(error) });
      }
    }
  }

  async #compareCounters(): Promise<void> {
    if (this.#isComparing) return;
    this.#isComparing = true;
    try {
      const all = [...this.#watched.values()];
      for (let from = 0; from < all.length; from += COMPARED_AT_ONCE)
        await this.#compareSome(all.slice(from, from + COMPARED_AT_ONCE));
    } catch (error) {
      this.#log.warn("changes.compare_failed", { error: String(error) });
      clearTimeout(this.#compareAgain);
      this.#compareAgain = setTimeout(() => void this.#compareCounters(), COMPARE_AGAIN_MS);
    } finally {
      this.#isComparing = false;
    }
  }

  async #compareSome(entries: readonly Watched[]): Promise<void> {
    const rows = await this.#db.system("compare change counters", (tx) => listChangedModseqs(tx, entries));
    for (const { accountId, modseq } of rows) {
      const entry = this.#watched.get(accountId);
      if (entry === undefined || entry.modseq === modseq) continue;
      entry.modseq = modseq;
      this.#wake(accountId);
    }
  }
}
