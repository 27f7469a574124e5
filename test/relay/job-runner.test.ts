import { afterAll, beforeAll, expect, test } from "vitest";
import { JobRunner, type PeriodicJob } from "../../smtp-relay/jobs/job-runner.ts";
import { type JobLease, leaseJob, renewJob } from "../../src/jobs/index.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";

let platform: TestPlatform;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
beforeAll(async () => {
  platform = await testPlatform();
});
afterAll(() => platform[Symbol.asyncDispose]());

const HOUR_MS = 3_600_000;

/** Runs these jobs in this process until it is disposed. @param ahead milliseconds that its clock is ahead */
function runner(jobs: readonly PeriodicJob[], ahead = 0): AsyncDisposable {
  const clock = (): number => Date.now() + ahead;
  const one = new JobRunner({ db: platform.db, log, clock }, jobs);
  one.start();
  return { [Symbol.asyncDispose]: () => one.stop() };
}

/** A job that counts how often it ran, and waits as long as it is told. */
function counting(name: string, until: Promise<void> = Promise.resolve()): PeriodicJob & { runs: number } {
  return {
    name,
    everyMs: HOUR_MS,
    runs: 0,
    async run() {
      this.runs++;
      await until;
    },
  };
}

test("two processes run each job once, and none waits for one that another process has not begun", async () => {
  const gate = Promise.withResolvers<void>();
  const slow = counting("a-slow", gate.promise);
  const quick = [counting("b"), counting("c")];
  await using processes = new AsyncDisposableStack();
  processes.use(runner([slow, ...quick]));
  await expect.poll(() => slow.runs + quick.reduce((sum, one) => sum + one.runs, 0)).toBeGreaterThan(0);
  processes.use(runner([slow, ...quick]));
  await expect.poll(() => quick.map((one) => one.runs)).toEqual([1, 1]);
  expect(slow.runs).toBe(1);
  gate.resolve();
});

test("the job of a process that died is run by another one within minutes, and not before", async () => {
  const job = counting("d");
  const { db } = platform;
  const now = Date.now();
  {
    await using _ = runner([job]);
    await expect.poll(() => job.runs).toBe(1);
  }
  // It is due again, and a process takes it and dies.
  const later = now + 2 * HOUR_MS;
  const dead: JobLease | undefined = await db.system("test", (tx) =>
    leaseJob(tx, { names: ["d"], now: later, until: later + 90_000 }),
  );
  expect(dead?.name).toBe("d");
  {
    await using _ = runner([job, counting("e")], 2 * HOUR_MS + 30_000);
    await expect
      .poll(
        async () =>
          (
            await db.system(
              "test",
              (tx) => tx`select 1 from periodic_jobs where name = 'e' and last_ended_at is not null`,
            )
          ).length,
      )
      .toBe(1);
    expect(job.runs).toBe(1);
  }
  await using _ = runner([job], 2 * HOUR_MS + 100_000);
  await expect.poll(() => job.runs).toBe(2);
  // Whoever comes back from the dead has it no more.
  const isStillTheirs = dead && (await db.system("test", (tx) => renewJob(tx, dead, later + 1e9)));
  expect(isStillTheirs).toBe(false);
});
