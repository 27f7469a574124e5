import type { Db } from "../../src/db/index.ts";
import { finishJob, type JobLease, leaseJob, registerJobs, renewJob } from "../../src/jobs/index.ts";
import type { Clock, Log } from "../../src/kernel/ports.ts";

/** Work that comes again and again, for the whole installation: one process at a time runs it, any process may.
 * It may run twice, and must stop at a good place when `stopping` is aborted. */
export interface PeriodicJob {
  /** a noun and a verb: `quarantine-digest` */
  readonly name: string;
  readonly everyMs: number;
  run(stopping: AbortSignal): Promise<void>;
}

/** How long nobody else takes a job whose process has died; who runs one says so more often. */
const LEASE_MS = 90_000;
const RENEW_MS = 20_000;
const LOOK_MS = 10_000;
/** A job that failed is tried again after this, or after its own time if that is sooner. */
const AFTER_FAILURE_MS = 60_000;

/** Runs periodic jobs when they are due, one after the other. */
export class JobRunner {
  readonly #db: Db;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #jobs: ReadonlyMap<string, PeriodicJob>;
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  constructor({ db, log, clock }: { db: Db; log: Log; clock: Clock }, jobs: readonly PeriodicJob[]) {
    this.#db = db;
    this.#log = log;
    this.#clock = clock;
    this.#jobs = new Map(jobs.map((job) => [job.name, job]));
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake?.();
    await this.#loop;
  }

  async #run(): Promise<void> {
    let isRegistered = false;
    while (!this.#stopping.signal.aborted) {
      try {
        isRegistered ||= await this.#register();
        // One by one: what this process has not begun, another one may begin.
        for (let lease = await this.#lease(); lease !== undefined; lease = await this.#lease())
          await this.#runOne(lease);
      } catch (error) {
        this.#log.warn("jobs_look_failed", { error });
      }
      await this.#rest();
    }
  }

  async #register(): Promise<true> {
    await this.#db.system("jobs: register", (tx) => registerJobs(tx, [...this.#jobs.keys()], this.#clock()));
    return true;
  }

  async #lease(): Promise<JobLease | undefined> {
    if (this.#stopping.signal.aborted) return undefined;
    const now = this.#clock();
    const names = [...this.#jobs.keys()];
    return this.#db.system("jobs: lease", (tx) => leaseJob(tx, { names, now, until: now + LEASE_MS }));
  }

  /** Keeps the lease while a job runs. A renewal that fails is made up for by the next one. */
  #keep(lease: JobLease): Disposable {
    const timer = setInterval(() => {
      this.#db
        .system("jobs: renew", (tx) => renewJob(tx, lease, this.#clock() + LEASE_MS))
        .catch((error: unknown) => this.#log.warn("job_renewal_failed", { job: lease.name, error }));
    }, RENEW_MS);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  async #runOne(lease: JobLease): Promise<void> {
    const job = this.#jobs.get(lease.name);
    if (job === undefined) return;
    const begun = this.#clock();
    let failure: string | null = null;
    try {
      using _ = this.#keep(lease);
      if (!this.#stopping.signal.aborted) await job.run(this.#stopping.signal);
    } catch (error) {
      failure = error instanceof Error ? error.message : "unknown";
      this.#log.error("job_failed", { job: job.name, error });
    }
    const now = this.#clock();
    const isCut = this.#stopping.signal.aborted;
    const wait = failure === null ? job.everyMs : Math.min(job.everyMs, AFTER_FAILURE_MS);
    await this.#db.system("jobs: finish", (tx) =>
      finishJob(tx, lease, { now, dueAt: isCut ? now : begun + wait, error: failure }),
    );
  }

  async #rest(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LOOK_MS);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }
}
