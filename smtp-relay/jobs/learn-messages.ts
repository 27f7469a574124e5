import { MailError } from "../../src/kernel/error.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import type { Log } from "../../src/kernel/ports.ts";
import {
  findLearningTenants,
  finishLesson,
  leaseLessons,
  type Lesson,
  type Mailstore,
} from "../../src/mailstore/index.ts";
import { learn, type Rspamd, SPAM_CHECK_MAX } from "../scanners/rspamd.ts";
import type { PeriodicJob } from "./job-runner.ts";

const EVERY_MS = 10_000;
/** Few at a time: what is leased when the process dies waits until the lease ends. */
const BATCH = 5;
const LEASE_MS = 10 * 60_000;
/** One run leaves others their turn. */
const RUN_MS = 60_000;
const FIRST_RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 6 * 3_600_000;
/** About 32 hours. A lesson is a hint; one that can't be given is not worth more. */
const ATTEMPTS_MAX = 14;
/** So many failures in a row, and the filter is left alone until the next run. */
const FAILURES_MAX = 3;

interface LearnDeps {
  readonly store: Mailstore;
  readonly rspamd: Rspamd | null;
  readonly log: Log;
}

/** When a lesson that failed is tried again, in milliseconds since the epoch; null: never.
 * @param attempts made so far, at least 1 */
export function retryLessonAt(attempts: number, now: number): number | null {
  if (attempts >= ATTEMPTS_MAX) return null;
  return now + Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LONGEST_RETRY_MS);
}

/** Teaches the spam filter what people said of their messages by moving and marking them. */
export function learnMessagesJob({ store, rspamd, log }: LearnDeps): PeriodicJob {
  const { db, clock } = store;
  let failures = 0;

  /** @returns whether it is learned, or needs no more attempts */
  async function teach(tenantId: TenantId, lesson: Lesson): Promise<void> {
    const { blobId, size, kind, attempts } = lesson;
    let end: { readonly isLearned: boolean; readonly dueAt: number | null };
    try {
      const source = { size, chunks: () => store.vault.open(tenantId, blobId) };
      if (size <= SPAM_CHECK_MAX) await learn(rspamd, kind, source);
      end = { isLearned: size <= SPAM_CHECK_MAX, dueAt: null };
      failures = 0;
    } catch (error) {
      const isGone = error instanceof MailError && error.code === "blob_unknown";
      if (!isGone) failures += 1;
      end = { isLearned: false, dueAt: isGone ? null : retryLessonAt(attempts, clock()) };
      const fields = { tenantId, kind, attempts, error: error instanceof Error ? error.message : "unknown" };
      log.warn(end.dueAt === null ? "lesson_dropped" : "lesson_failed", fields);
    }
    await db.tenant(tenantId, (tx) => finishLesson(tx, lesson, end));
  }

  /** @returns false: there was nothing more to do */
  async function teachSome(tenantId: TenantId, isStopping: () => boolean): Promise<boolean> {
    const now = clock();
    const lessons = await db.tenant(tenantId, (tx) =>
      leaseLessons(tx, { now, until: now + LEASE_MS, limit: BATCH }),
    );
    for (const lesson of lessons) {
      if (isStopping()) return false;
      await teach(tenantId, lesson);
    }
    return lessons.length === BATCH;
  }

  return {
    name: "learn-messages",
    everyMs: EVERY_MS,
    async run(stopping) {
      if (rspamd === null) return;
      failures = 0;
      const until = clock() + RUN_MS;
      const isStopping = (): boolean => stopping.aborted || failures >= FAILURES_MAX;
      let tenants = await db.system("learning: who has lessons", (tx) => findLearningTenants(tx, clock()));
      // In turns, so that a tenant with many lessons keeps nobody waiting.
      while (tenants.length > 0 && !isStopping() && clock() < until) {
        const next: TenantId[] = [];
        for (const tenantId of tenants)
          if (!isStopping() && (await teachSome(tenantId, isStopping))) next.push(tenantId);
        tenants = next;
      }
    },
  };
}
