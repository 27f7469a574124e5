import type { BlobSource } from "../../src/blob/index.ts";
import type { Resolver } from "../../src/dns/index.ts";
import { MailError } from "../../src/kernel/error.ts";
import type { Log } from "../../src/kernel/ports.ts";
import {
  type AttemptResult,
  beginAttempt,
  deliverHere,
  extendLease,
  finishAttempt,
  type Lease,
  leaseDue,
  nextDue,
  type Outbound,
  type QueueEntry,
} from "../../src/outbound/index.ts";
import { deliverElsewhere } from "./deliver-elsewhere.ts";
import type { DeliveryMetrics } from "./delivery-metrics.ts";
import type { DeliverySettings } from "./delivery-settings.ts";

export interface WorkerDeps {
  readonly outbound: Outbound;
  readonly resolver: Resolver;
  readonly log: Log;
  readonly metrics: DeliveryMetrics;
  /** Puts signatures before a message as it leaves. */
  readonly sign?: (
    tenantId: Lease["tenantId"],
    entry: QueueEntry,
    content: BlobSource,
  ) => Promise<BlobSource>;
}

/** How long to wait before what came of an attempt is written down again, when PostgreSQL is away. */
const RECORD_RETRY_MS = 500;
/** What failed in a way that nobody expected is tried again after this. */
const TROUBLE_MS = 60_000;

/** Takes what is due from the queue of all tenants, and delivers it. Any number of workers in any number of processes share
 * the work: each row is leased to one of them, and a worker that dies lets its leases run out. */
export class DeliveryWorker {
  readonly #deps: WorkerDeps;
  readonly #settings: DeliverySettings;
  readonly #active = new Set<Promise<void>>();
  #stopped = false;
  #wake: (() => void) | undefined;
  #isWoken = false;
  #loop: Promise<void> | undefined;
  #unwatch: (() => void) | undefined;

  constructor(deps: WorkerDeps, settings: DeliverySettings) {
    this.#deps = deps;
    this.#settings = settings;
  }

  start(): void {
    this.#unwatch = this.#deps.outbound.queue.onWake(() => this.#tell());
    this.#loop = this.#run();
  }

  /** Takes nothing new, and waits for what is on its way, but not for ever: its leases run out by themselves. */
  async stop(patienceMs = 8_000): Promise<void> {
    this.#stopped = true;
    this.#unwatch?.();
    this.#tell();
    await this.#loop;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, patienceMs);
    await Promise.race([Promise.all(this.#active), late.promise]);
    clearTimeout(timer);
  }

  #tell(): void {
    this.#isWoken = true;
    this.#wake?.();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#isWoken = false;
      const room = this.#settings.concurrency - this.#active.size;
      const leases = room > 0 ? await this.#lease(room) : [];
      for (const lease of leases) this.#begin(lease);
      // A full hand means that there is more.
      if (leases.length === 0 || this.#active.size >= this.#settings.concurrency) await this.#rest(room > 0);
    }
  }

  async #lease(limit: number): Promise<Lease[]> {
    const { outbound, log } = this.#deps;
    const now = outbound.store.clock();
    try {
      return await outbound.store.db.system("delivery: lease", (tx) =>
        leaseDue(tx, { now, until: now + this.#settings.leaseMs, limit }),
      );
    } catch (error) {
      log.warn("delivery_lease_failed", { error });
      return [];
    }
  }

  #begin(lease: Lease): void {
    const { metrics } = this.#deps;
    metrics.active.inc();
    const work = this.#attempt(lease).finally(() => {
      metrics.active.dec();
      this.#active.delete(work);
      this.#tell();
    });
    this.#active.add(work);
  }

  /** Sleeps until somebody says that something is due, or until it is. */
  async #rest(mayLease: boolean): Promise<void> {
    let ms = this.#settings.pollMs;
    if (mayLease && !this.#isWoken) {
      const { outbound } = this.#deps;
      const at = await outbound.store.db.system("delivery: next", nextDue).catch(() => null);
      if (at !== null) ms = Math.min(ms, Math.max(10, at - outbound.store.clock()));
    }
    if (this.#isWoken || this.#stopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    this.#wake = undefined;
    clearTimeout(timer);
  }

  /** Never throws. */
  async #attempt(lease: Lease): Promise<void> {
    const { outbound, log } = this.#deps;
    const { db, clock } = outbound.store;
    const keep = setInterval(
      () => void this.#extend(lease, this.#settings.leaseMs).catch(() => undefined),
      this.#settings.leaseMs / 3,
    );
    try {
      const entry = await db.tenant(lease.tenantId, (tx) => beginAttempt(tx, lease));
      if (entry === null) return;
      const begun = clock();
      const results = await this.#deliver(lease, entry);
      await this.#record(lease, entry, results, clock() - begun);
    } catch (error) {
      log.error("delivery_failed", { error, queueId: lease.id });
      await this.#extend(lease, TROUBLE_MS).catch(() => undefined);
    } finally {
      clearInterval(keep);
    }
  }

  async #extend(lease: Lease, ms: number): Promise<void> {
    const { db, clock } = this.#deps.outbound.store;
    await db.tenant(lease.tenantId, (tx) => extendLease(tx, lease, clock() + ms));
  }

  async #deliver(lease: Lease, entry: QueueEntry): Promise<AttemptResult[]> {
    const { outbound, resolver, sign } = this.#deps;
    const { results, elsewhere } = await deliverHere(outbound, lease, entry);
    if (elsewhere.length === 0) return [...results];
    const content = {
      size: entry.size,
      chunks: () => outbound.store.vault.open(lease.tenantId, entry.blobId),
    };
    try {
      const signed = sign === undefined ? content : await sign(lease.tenantId, entry, content);
      const leaving = { ...entry, size: signed.size };
      return [...results, ...(await deliverElsewhere(resolver, this.#settings, leaving, elsewhere, signed))];
    } catch (error) {
      if (!(error instanceof MailError) || error.code !== "blob_unknown") throw error;
      const gone = { outcome: "permanent", status: "5.3.0", remoteMta: null } as const;
      return [
        ...results,
        ...elsewhere.map(({ n }) => ({ n, ...gone, reply: "554 5.3.0 The message is destroyed" })),
      ];
    }
  }

  /** What another server has taken must be written down, or it is sent again: so this tries as long as the lease is ours. */
  async #record(
    lease: Lease,
    entry: QueueEntry,
    results: readonly AttemptResult[],
    ms: number,
  ): Promise<void> {
    const { outbound, log, metrics } = this.#deps;
    for (;;) {
      try {
        const after = await finishAttempt(outbound, lease, entry, results);
        if (after === null) {
          log.warn("delivery_lease_lost", { queueId: lease.id, submissionId: entry.submissionId });
          return;
        }
        const count = (outcome: AttemptResult["outcome"]): number =>
          results.filter((one) => one.outcome === outcome).length;
        for (const { outcome } of results) metrics.recipients.inc({ outcome });
        log.info("delivery_attempt", {
          submissionId: entry.submissionId,
          tenantId: lease.tenantId,
          domain: entry.domain,
          attempt: entry.attempts + 1,
          delivered: count("delivered"),
          relayed: count("relayed"),
          temporary: count("temporary"),
          permanent: count("permanent"),
          replies: [...new Set(results.map((one) => one.status))],
          ms,
          retryAt: after.next === null ? null : new Date(after.next.dueAt).toISOString(),
        });
        for (const notice of after.notices) {
          const action = notice[0]?.action ?? "failed";
          metrics.notices.inc({ action });
          log.info("delivery_notice", {
            submissionId: entry.submissionId,
            action,
            recipients: notice.length,
          });
        }
        return;
      } catch (error) {
        if (!(error instanceof MailError) || error.code !== "unavailable" || this.#stopped) throw error;
        await new Promise((resolve) => setTimeout(resolve, RECORD_RETRY_MS));
      }
    }
  }
}
