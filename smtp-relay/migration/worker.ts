import type { KeyRing } from "../../src/blob/index.ts";
import type { Log } from "../../src/kernel/ports.ts";
import type { Mailstore } from "../../src/mailstore/index.ts";
import {
  type AttemptEnd,
  attemptEndOf,
  copyMailbox,
  finishTaken,
  keepTaken,
  LeaseLost,
  type MailboxLease,
  openTaken,
  returnTaken,
  takeMailboxes,
  type TakenMailbox,
  tidyMigrations,
} from "../../src/migration/index.ts";
import { openSource, type OpenSourceDeps } from "./open-source.ts";

export interface MigrationWorkerDeps extends OpenSourceDeps {
  readonly store: Mailstore;
  readonly keys: KeyRing;
  readonly log: Log;
  /** The name of this process, which it has again when it is started again. */
  readonly holder: string;
  /** Mailboxes that this process copies at a time. */
  readonly parallel: number;
  /** How often it is looked whether there is work, in milliseconds. */
  readonly lookMs: number;
  /** Files to delete and passwords to forget are looked for so often, in milliseconds. */
  readonly tidyMs: number;
}

const KEEP_MS = 15_000;

/** Copies old mail. Any number of processes share the work: each mailbox is leased to one of them, and a process that dies lets its leases
 * run out. */
export class MigrationWorker {
  readonly #deps: MigrationWorkerDeps;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #loop: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #tidiedAt = 0;

  constructor(deps: MigrationWorkerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Takes nothing new, and gives back what it has at the next good place. What hangs at an old server is left: its lease runs out. */
  async stop(patienceMs = 8_000): Promise<void> {
    this.#stopping.abort();
    this.#wake?.();
    await this.#loop;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, patienceMs);
    await Promise.race([Promise.all(this.#running), late.promise]);
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    const { store, parallel, log, holder } = this.#deps;
    let isReturned = false;
    while (!this.#stopping.signal.aborted) {
      let taken: readonly MailboxLease[] = [];
      try {
        if (!isReturned) await returnTaken(store, holder);
        isReturned = true;
        const free = parallel - this.#running.size;
        taken = free > 0 ? await takeMailboxes(store, free, holder) : [];
        for (const lease of taken) this.#follow(this.#one(lease));
        await this.#tidy();
      } catch (error) {
        log.warn("migrations_look_failed", { error });
      }
      if (taken.length === 0) await this.#rest();
    }
  }

  #follow(work: Promise<void>): void {
    const followed = work.finally(() => {
      this.#running.delete(followed);
      this.#wake?.();
    });
    this.#running.add(followed);
  }

  async #tidy(): Promise<void> {
    const { store, tidyMs } = this.#deps;
    if (store.clock() - this.#tidiedAt < tidyMs) return;
    this.#tidiedAt = store.clock();
    await tidyMigrations(store, this.#stopping.signal);
  }

  /** One attempt at a mailbox. Never throws. */
  async #one(lease: MailboxLease): Promise<void> {
    const { store, keys, log } = this.#deps;
    const { tenantId, id: rowId } = lease;
    // An old server may take its time over a large message.
    const keeper = setInterval(() => void keepTaken(store, lease).catch(() => undefined), KEEP_MS);
    try {
      const taken = await openTaken(store, keys, lease);
      if (taken === undefined) return;
      const { row } = taken;
      const begun = store.clock();
      const { end, copied } = await this.#copy(lease, taken);
      await finishTaken(store, lease, row, end, copied > 0);
      const fields = { tenantId, rowId, end: end.kind, copied, ms: store.clock() - begun };
      log.info("migration_attempt", end.kind === "failed" ? { ...fields, code: end.code } : fields);
    } catch (error) {
      // The lease ends by itself.
      if (!(error instanceof LeaseLost)) log.warn("migration_attempt_failed", { tenantId, rowId, error });
    } finally {
      clearInterval(keeper);
    }
  }

  async #copy(lease: MailboxLease, taken: TakenMailbox): Promise<{ end: AttemptEnd; copied: number }> {
    const { store, log, maxMessageBytes } = this.#deps;
    let copied = 0;
    const stopping = this.#stopping.signal;
    try {
      if (taken.fault !== null) throw taken.fault;
      await using source = await openSource(this.#deps, lease, taken, stopping);
      const { migration, row } = taken;
      const deps = { store, log, maxMessageBytes, onCopied: (count: number) => void (copied += count) };
      const kind = await copyMailbox(deps, { migration, row, lease, stopping }, source);
      return { end: { kind }, copied };
    } catch (error) {
      if (error instanceof LeaseLost) throw error;
      const end: AttemptEnd = stopping.aborted ? { kind: "stopped" } : attemptEndOf(error);
      if (end.kind === "failed" && end.code === "internal")
        log.warn("migration_failed", { rowId: lease.id, error });
      return { end, copied };
    }
  }

  async #rest(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#deps.lookMs);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }
}
