import { type BlobSource, sourceOf } from "../../src/blob/index.ts";
import { MailError } from "../../src/kernel/error.ts";
import type { Log } from "../../src/kernel/ports.ts";
import {
  type AttemptResult,
  beginAttempt,
  deliverHere,
  type DueLease,
  extendLeases,
  leaseDue,
  nextDue,
  type Outbound,
  type QueuedRecipient,
  type QueueEntry,
  queueTimes,
  returnLeases,
} from "../../src/outbound/index.ts";
import { type Delivery, deliverElsewhere } from "./deliver-elsewhere.ts";
import type { DeliveryMetrics } from "./delivery-metrics.ts";
import type { DeliverySettings } from "./delivery-settings.ts";
import { Destination } from "./destination.ts";
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

/** What failed in a way that nobody expected is tried again after this. */
const TROUBLE_MS = 60_000;
/** Rows that one look at the queue takes, and that are in hand for each connection that there may be. */
const BATCH = 100;
const HELD_PER_CONNECTION = 4;
/** Rows in hand for one destination before no more are taken for it. */
const WAITING_MAX = 50;
/** Messages that one connection takes before other destinations may have its place. */
const TURN = 20;
/** Messages up to this size are held in memory while they are sent, in octets. */
const IN_MEMORY_MAX = 262_144;
/** Destinations that are remembered. */
const DESTINATIONS_MAX = 10_000;

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
  readonly #destinations = new Map<string, Destination<Work>>();
  /** What the last failure of a destination said. */
  readonly #lastFailure = new WeakMap<Destination<Work>, AttemptResult>();
  readonly #held = new Set<DueLease>();
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
    this.#recorder = new AttemptRecorder(deps);
  }

  start(): void {
    this.#unwatch = this.#deps.outbound.queue.onWake(() => this.#tell());
    this.#keeper = setInterval(() => void this.#keepLeases(), this.#settings.leaseMs / 3);
    this.#loop = this.#run();
  }

  /** Takes nothing new, gives back what waits, and waits for what is on its way, but not for ever: its leases run out by themselves. */
  async stop(patienceMs = 8_000): Promise<void> {
    this.#stopped = true;
    this.#recorder.stop();
    this.#unwatch?.();
    this.#tell();
    await this.#loop;
    await this.#giveBack(
      [...this.#destinations.values()].flatMap((there) => there.takeAll()),
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
      const full = this.#fullDomains();
      const leases = limit > 0 ? await this.#lease(limit, full) : [];
      for (const lease of leases) this.#held.add(lease);
      for (const [tenantId, own] of Map.groupBy(leases, (one) => one.tenantId))
        this.#follow(this.#begin(tenantId, own));
      // As many as were asked for means that there is more.
      if (limit <= 0 || leases.length < limit) await this.#rest(limit > 0 && full.length === 0);
    }
  }

  /** Domains of which enough is in hand. */
  #fullDomains(): string[] {
    return [...this.#destinations.values()].flatMap((there) =>
      there.size >= WAITING_MAX ? [...there.domains] : [],
    );
  }

  async #lease(limit: number, without: readonly string[]): Promise<DueLease[]> {
    const { outbound, log } = this.#deps;
    const now = outbound.store.clock();
    try {
      return await outbound.store.db.system("delivery: lease", (tx) =>
        leaseDue(tx, { now, until: now + this.#settings.leaseMs, limit, without }),
      );
    } catch (error) {
      log.warn("delivery_lease_failed", { error });
      return [];
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

  /** One statement for all that is in hand. */
  async #keepLeases(): Promise<void> {
    if (this.#held.size === 0) return;
    const { outbound, log } = this.#deps;
    const { db, clock } = outbound.store;
    try {
      await db.system("delivery: keep", (tx) =>
        extendLeases(tx, [...this.#held], clock() + this.#settings.leaseMs),
      );
    } catch (error) {
      log.warn("delivery_keep_failed", { error, leases: this.#held.size });
    }
  }

  /** Reads what a tenant's leases are for, in one transaction, and brings each on its way. Never throws. */
  async #begin(tenantId: DueLease["tenantId"], leases: readonly DueLease[]): Promise<void> {
    const { outbound, log } = this.#deps;
    try {
      const [entries, ours] = await Promise.all([
        outbound.store.db.tenant(tenantId, (tx) =>
          Promise.all(leases.map((lease) => beginAttempt(tx, lease))),
        ),
        outbound.tenancy.domains.tenantsOf(leases.map((lease) => lease.domain)),
      ]);
      await Promise.all(
        leases.map(async (lease, i) => {
          const entry = entries[i];
          if (entry === undefined || entry === null) this.#letGo(lease);
          else await this.#sort(lease, entry, ours.has(entry.domain));
        }),
      );
    } catch (error) {
      log.error("delivery_begin_failed", { error, tenantId, leases: leases.length });
      for (const lease of leases) this.#held.delete(lease);
    }
    this.#pump();
  }

  #letGo(lease: DueLease): void {
    this.#held.delete(lease);
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
      const there = this.#destination(await this.#destinationName(entry));
      const work: Work = {
        tenantId: lease.tenantId,
        domain: entry.domain,
        lease,
        entry,
        elsewhere,
        done: results,
      };
      if (this.#stopped) await this.#giveBack([work], () => 0);
      else if (there.pausedUntil(outbound.store.clock()) === null) there.add(work);
      else await this.#postpone(there, [work]);
    });
  }

  /** What nobody expected is no reason to try again at once. */
  async #guard(lease: DueLease, work: () => Promise<void>): Promise<void> {
    const { outbound, log } = this.#deps;
    const { db, clock } = outbound.store;
    try {
      await work();
    } catch (error) {
      log.error("delivery_failed", { error, queueId: lease.id });
      this.#held.delete(lease);
      await db
        .system("delivery: later", (tx) => extendLeases(tx, [lease], clock() + TROUBLE_MS))
        .catch(() => undefined);
    }
  }

  /** The hosts that a domain shares with others, or else the domain: what they take is learnt together. */
  async #destinationName({ pool, domain }: QueueEntry): Promise<string> {
    const { resolver, settings } = this.#deps.transport;
    if (settings.smarthost !== undefined) return "smarthost";
    try {
      const records = domain.startsWith("[") ? [] : await resolver.mx(domain);
      const best = Math.min(...records.map(({ priority }) => priority));
      const hosts = records
        .filter(({ priority }) => priority === best)
        .map(({ exchange }) => exchange.toLowerCase());
      return `${pool} ${hosts.length === 0 ? domain : hosts.toSorted().join(",")}`;
    } catch {
      return `${pool} ${domain}`;
    }
  }

  #destination(name: string): Destination<Work> {
    const known = this.#destinations.get(name);
    if (known !== undefined) return known;
    const { concurrency, perDestination, smarthost } = this.#settings;
    // The smarthost is ours: it takes what we have.
    const limits = smarthost === undefined ? { most: perDestination } : { first: 5, most: concurrency };
    const there = new Destination<Work>(name, limits);
    if (this.#destinations.size >= DESTINATIONS_MAX) {
      const now = this.#deps.outbound.store.clock();
      for (const [old, one] of this.#destinations) if (one.isForgettable(now)) this.#destinations.delete(old);
    }
    this.#destinations.set(name, there);
    return there;
  }

  /** Opens as many lanes as destinations and settings allow. */
  #pump(): void {
    for (let isMore = true; isMore && this.#active < this.#settings.concurrency;) {
      isMore = false;
      // One lane each in turn, so that a large destination does not take all of them.
      for (const there of this.#destinations.values()) {
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
      if (there.size < WAITING_MAX / 2) this.#tellIfHungry();
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
    const { outbound, transport, sign } = this.#deps;
    const { vault } = outbound.store;
    const signed = (form: BlobSource): Promise<BlobSource> =>
      sign === undefined ? Promise.resolve(form) : sign(lease.tenantId, entry, form);
    try {
      // What is small is read once, for its signature and for each host that is tried.
      const content =
        entry.size <= IN_MEMORY_MAX
          ? sourceOf(await vault.read(lease.tenantId, entry.blobId))
          : { size: entry.size, chunks: () => vault.open(lease.tenantId, entry.blobId) };
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
    await this.#giveBack(rest, () => until + Math.random() * 0.1 * (until - now));
    for (const work of due)
      await this.#guard(work.lease, () => {
        const results = work.elsewhere.map(({ n }) => ({ ...(failure ?? TRY_LATER), n }));
        return this.#record(work.lease, work.entry, [...work.done, ...results], now);
      });
  }

  /** Gives leases back without an attempt. Never throws: what can't be given back runs out by itself. */
  async #giveBack(works: readonly Work[], dueAt: () => number): Promise<void> {
    const { outbound, log } = this.#deps;
    if (works.length === 0) return;
    const now = outbound.store.clock();
    try {
      await outbound.store.db.system("delivery: later", (tx) =>
        returnLeases(
          tx,
          works.map(({ lease }) => ({ lease, dueAt: Math.max(now, dueAt()) })),
        ),
      );
    } catch (error) {
      log.warn("delivery_return_failed", { error, leases: works.length });
    }
    for (const { lease } of works) this.#held.delete(lease);
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
    this.#held.delete(lease);
  }
}

const TRY_LATER: Omit<AttemptResult, "n"> = {
  outcome: "temporary",
  reply: "451 4.4.1 The mail server does not answer",
  status: "4.4.1",
  remoteMta: null,
};
