import type { BlobSource } from "../../src/blob/index.ts";
import { MailError } from "../../src/kernel/error.ts";
import type { Log } from "../../src/kernel/ports.ts";
import {
  type AttemptResult,
  beginAttempts,
  deliverHere,
  type DueLease,
  nextDue,
  type Outbound,
  type QueuedRecipient,
  type QueueEntry,
  queueTimes,
} from "../../src/outbound/index.ts";
import { ContentReader } from "./content-reader.ts";
import { type Delivery, deliverElsewhere } from "./deliver-elsewhere.ts";
import type { DeliveryMetrics } from "./delivery-metrics.ts";
import type { DeliverySettings } from "./delivery-settings.ts";
import type { Destination } from "./destination.ts";
import { Destinations } from "./destinations.ts";
import { HeldLeases } from "./held-leases.ts";
import { AttemptRecorder } from "./record-attempt.ts";
import type { SignOutgoing, Transport } from "./transport.ts";

export interface WorkerDeps {
  readonly outbound: Outbound;
  readonly transport: Transport;
  readonly log: Log;
  readonly metrics: DeliveryMetrics;
  /** Absent: mail leaves unsigned. */
  readonly sign?: SignOutgoing;
}

/** Rows that one look at the queue takes, and that are in hand for each connection that there may be. */
const BATCH = 100;
const HELD_PER_CONNECTION = 4;
/** Messages that one connection takes before other destinations may have its place. */
const TURN = 20;
/** One queue row in hand, what of it is for elsewhere, and what came of the rest. */
interface Work {
  readonly tenantId: string;
  readonly domain: string;
  readonly lease: DueLease;
  readonly entry: QueueEntry;
  readonly elsewhere: readonly QueuedRecipient[];
  readonly done: readonly AttemptResult[];
}

/** Takes what is due from the queue of all tenants, and delivers it. Any number of workers in any number of processes share
 * the work: each row is leased to one of them, and a worker that dies lets its leases run out. Rows wait in hand by destination, so that
 * many go over one connection, and no destination or tenant keeps others waiting. */
export class DeliveryWorker {
  readonly #deps: WorkerDeps;
  readonly #settings: DeliverySettings;
  readonly #destinations: Destinations<Work>;
  /** What the last failure of a destination said. */
  readonly #lastFailure = new WeakMap<Destination<Work>, AttemptResult>();
  readonly #held: HeldLeases;
  readonly #contents: ContentReader;
  readonly #recorder: AttemptRecorder;
  readonly #running = new Set<Promise<void>>();
  #active = 0;
  #stopped = false;
  #wake: (() => void) | undefined;
  #isWoken = false;
  #loop: Promise<void> | undefined;
  #unwatch: (() => void) | undefined;
  #keeper: ReturnType<typeof setInterval> | undefined;

  constructor(deps: WorkerDeps, settings: DeliverySettings) {
    this.#deps = deps;
    this.#settings = settings;
    const { store } = deps.outbound;
    this.#destinations = new Destinations(deps.transport, settings, store.clock);
    this.#held = new HeldLeases(deps.outbound, deps.log, settings.leaseMs);
    this.#contents = new ContentReader(store.vault);
    this.#recorder = new AttemptRecorder(deps);
  }

  start(): void {
    this.#unwatch = this.#deps.outbound.queue.onWake(() => this.#tell());
    this.#keeper = setInterval(() => void this.#held.extendAll(), this.#settings.leaseMs / 3);
    this.#loop = this.#run();
  }

  /** Takes nothing new, gives back what waits, and waits for what is on its way, but not for ever: its leases run out by themselves. */
  async stop(patienceMs = 8_000): Promise<void> {
    this.#stopped = true;
    this.#recorder.stop();
    this.#unwatch?.();
    this.#tell();
    await this.#loop;
    await this.#held.giveBack(
      [...this.#destinations].flatMap((there) => there.takeAll().map(({ lease }) => lease)),
      () => 0,
    );
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, patienceMs);
    await Promise.race([Promise.all(this.#running), late.promise]);
    clearTimeout(timer);
    clearInterval(this.#keeper);
    await this.#deps.transport.sessions.close();
  }

  #tell(): void {
    this.#isWoken = true;
    this.#wake?.();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#isWoken = false;
      const limit = Math.min(BATCH, this.#settings.concurrency * HELD_PER_CONNECTION - this.#held.size);
      const full = this.#destinations.fullDomains;
      const leases = limit > 0 ? await this.#held.take(limit, full) : [];
      for (const [tenantId, own] of Map.groupBy(leases, (one) => one.tenantId))
        this.#follow(this.#begin(tenantId, own));
      // Less than was asked for does not mean that there is no more: each tenant had its turn, and some may have had little.
      if (leases.length === 0) await this.#rest(limit > 0 && full.length === 0);
    }
  }

  #follow(work: Promise<void>): void {
    const followed = work.finally(() => this.#running.delete(followed));
    this.#running.add(followed);
  }

  /** Sleeps until somebody says that something is due, or until it is. */
  async #rest(mayAsk: boolean): Promise<void> {
    let ms = this.#settings.pollMs;
    if (mayAsk && !this.#isWoken) {
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

  /** Reads what a tenant's leases are for, in one transaction, and brings each on its way. Never throws. */
  async #begin(tenantId: DueLease["tenantId"], leases: readonly DueLease[]): Promise<void> {
    const { outbound, log } = this.#deps;
    try {
      const [entries, ours] = await Promise.all([
        outbound.store.db.tenant(tenantId, (tx) => beginAttempts(tx, leases)),
        outbound.tenancy.domains.tenantsOf(leases.map((lease) => lease.domain)),
      ]);
      await Promise.all(
        leases.map(async (lease) => {
          const entry = entries.get(lease.id);
          if (entry === undefined) this.#held.letGo(lease);
          else await this.#sort(lease, entry, ours.has(entry.domain));
        }),
      );
    } catch (error) {
      log.error("delivery_begin_failed", { error, tenantId, leases: leases.length });
      for (const lease of leases) this.#held.letGo(lease);
    }
    this.#pump();
  }

  /** Delivers what is for people here, and puts the rest where it waits for its destination. Never throws. */
  async #sort(lease: DueLease, entry: QueueEntry, isOurs: boolean): Promise<void> {
    const { outbound } = this.#deps;
    await this.#guard(lease, async () => {
      const begun = outbound.store.clock();
      const { results, elsewhere } = isOurs
        ? await deliverHere(outbound, lease, entry)
        : { results: [], elsewhere: entry.recipients };
      if (elsewhere.length === 0) {
        await this.#record(lease, entry, results, begun);
        return;
      }
      const there = await this.#destinations.of(entry);
      const work: Work = {
        tenantId: lease.tenantId,
        domain: entry.domain,
        lease,
        entry,
        elsewhere,
        done: results,
      };
      if (this.#stopped) await this.#held.giveBack([lease], () => 0);
      else if (there.pausedUntil(outbound.store.clock()) === null) there.add(work);
      else await this.#postpone(there, [work]);
    });
  }

  /** What nobody expected is no reason to try again at once. */
  async #guard(lease: DueLease, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#deps.log.error("delivery_failed", { error, queueId: lease.id });
      await this.#held.postpone(lease);
    }
  }

  /** Opens as many lanes as destinations and settings allow. */
  #pump(): void {
    for (let isMore = true; isMore && this.#active < this.#settings.concurrency;) {
      isMore = false;
      // One lane each in turn, so that a large destination does not take all of them.
      for (const there of this.#destinations) {
        if (there.size === 0 || !there.hasRoom || this.#active >= this.#settings.concurrency) continue;
        this.#active++;
        there.active++;
        this.#deps.metrics.active.inc();
        this.#follow(this.#lane(there));
        isMore = true;
      }
    }
  }

  /** Sends one message of a destination after the other. Never throws. */
  async #lane(there: Destination<Work>): Promise<void> {
    for (let sent = 0; sent < TURN && there.active <= there.limit; sent++) {
      const work = there.take();
      if (work === undefined) break;
      await this.#guard(work.lease, () => this.#attempt(there, work));
      if (this.#destinations.isHungry(there)) this.#tellIfHungry();
    }
    this.#active--;
    there.active--;
    this.#deps.metrics.active.dec();
    this.#pump();
    this.#tellIfHungry();
  }

  #tellIfHungry(): void {
    if (this.#held.size <= (this.#settings.concurrency * HELD_PER_CONNECTION) / 2) this.#tell();
  }

  async #attempt(there: Destination<Work>, work: Work): Promise<void> {
    const { outbound } = this.#deps;
    const { clock } = outbound.store;
    const begun = clock();
    const { results, signal } = await this.#send(work);
    there.heard(signal, clock());
    const [failure] = results;
    if (signal !== "ok" && failure !== undefined) this.#lastFailure.set(there, failure);
    await this.#record(work.lease, work.entry, [...work.done, ...results], begun);
    if (there.pausedUntil(clock()) !== null) await this.#postpone(there, there.takeAll());
  }

  async #send({ lease, entry, elsewhere }: Work): Promise<Delivery> {
    const { transport, sign } = this.#deps;
    const signed = (form: BlobSource): Promise<BlobSource> =>
      sign === undefined ? Promise.resolve(form) : sign(lease.tenantId, entry, form);
    try {
      const content = await this.#contents.read(lease.tenantId, entry.blobId, entry.size);
      return await deliverElsewhere(transport, entry, elsewhere, content, signed);
    } catch (error) {
      if (!(error instanceof MailError) || error.code !== "blob_unknown") throw error;
      const gone = { outcome: "permanent", status: "5.3.0", remoteMta: null } as const;
      return {
        results: elsewhere.map(({ n }) => ({ n, ...gone, reply: "554 5.3.0 The message is destroyed" })),
        signal: "ok",
      };
    }
  }

  /** A destination that is left alone: what waits for it waits longer, and that costs no attempt. But whoever is to hear that it takes
   * longer, or that it is over, hears what the destination said last. */
  async #postpone(there: Destination<Work>, works: readonly Work[]): Promise<void> {
    const { outbound } = this.#deps;
    const now = outbound.store.clock();
    const until = there.pausedUntil(now) ?? now;
    const failure = this.#lastFailure.get(there);
    const isDue = ({ entry, done }: Work): boolean =>
      failure !== undefined &&
      (done.length > 0 ||
        entry.giveUpAt <= until ||
        (!entry.delayTold && now - entry.arrivedAt >= queueTimes(outbound).delayToldMs));
    const [due, rest] = [works.filter(isDue), works.filter((work) => !isDue(work))];
    // Not all at once when it is over.
    await this.#held.giveBack(
      rest.map(({ lease }) => lease),
      () => until + Math.random() * 0.1 * (until - now),
    );
    for (const work of due)
      await this.#guard(work.lease, () => {
        const results = work.elsewhere.map(({ n }) => ({ ...(failure ?? TRY_LATER), n }));
        return this.#record(work.lease, work.entry, [...work.done, ...results], now);
      });
  }

  async #record(
    lease: DueLease,
    entry: QueueEntry,
    results: readonly AttemptResult[],
    begun: number,
  ): Promise<void> {
    const { outbound } = this.#deps;
    const ms = outbound.store.clock() - begun;
    await this.#recorder.record({ lease, entry, results, ms });
    this.#held.letGo(lease);
  }
}

const TRY_LATER: Omit<AttemptResult, "n"> = {
  outcome: "temporary",
  reply: "451 4.4.1 The mail server does not answer",
  status: "4.4.1",
  remoteMta: null,
};
