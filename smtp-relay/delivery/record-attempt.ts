import { setTimeout as sleep } from "node:timers/promises";
import { MailError } from "../../src/kernel/error.ts";
import type { Log } from "../../src/kernel/ports.ts";
import {
  type AttemptResult,
  type EndedAttempt,
  finishAttempt,
  finishRelayed,
  isPlainlyRelayed,
  type Outbound,
} from "../../src/outbound/index.ts";
import type { DeliveryMetrics } from "./delivery-metrics.ts";

/** How long to wait before what came of an attempt is written down again, when PostgreSQL is away. */
const RECORD_RETRY_MS = 500;
/** Attempts that one commit writes down. */
const TOGETHER_MAX = 100;

interface RecorderDeps {
  readonly outbound: Outbound;
  readonly log: Log;
  readonly metrics: DeliveryMetrics;
}

interface Ended extends EndedAttempt {
  readonly ms: number;
}

/** PostgreSQL is away, or has rolled the commit back so that another one could go on (a deadlock). */
function mayPass(error: unknown): boolean {
  if (error instanceof MailError) return error.code === "unavailable";
  return error instanceof Error && "code" in error && error.code === "40P01";
}

type After = Awaited<ReturnType<typeof finishAttempt>>;

interface Waiting extends PromiseWithResolvers<After> {
  readonly ended: Ended;
}

/** Writes down what came of attempts. While one commit of a tenant is on its way to disk, those that end meanwhile gather for the next:
 * so a disk that is slow to sync makes commits larger, not mail slower. */
export class AttemptRecorder {
  readonly #deps: RecorderDeps;
  /** By tenant; there while a commit of the tenant is on its way. */
  readonly #gathered = new Map<string, Waiting[]>();
  #isOver = false;

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
  }

  /** From now on nothing waits for a database that is away. */
  stop(): void {
    this.#isOver = true;
  }

  /** What another server has taken must be written down, or it is sent again: so this tries as long as the process lives and the lease
   * is ours. @throws {MailError} unavailable, once it was told to stop */
  async record(ended: Ended): Promise<void> {
    for (;;) {
      try {
        const after = isPlainlyRelayed(ended)
          ? await this.#together(ended)
          : await finishAttempt(this.#deps.outbound, ended.lease, ended.entry, ended.results);
        this.#tell(ended, after);
        return;
      } catch (error) {
        if (this.#isOver || !mayPass(error)) throw error;
        await sleep(RECORD_RETRY_MS);
      }
    }
  }

  #together(ended: Ended): Promise<After> {
    const waiting: Waiting = { ended, ...Promise.withResolvers<After>() };
    const { tenantId } = ended.lease;
    const gathered = this.#gathered.get(tenantId);
    if (gathered !== undefined) gathered.push(waiting);
    else {
      this.#gathered.set(tenantId, [waiting]);
      void this.#commitAll(ended.lease);
    }
    return waiting.promise;
  }

  /** Never throws: each of them hears what came of it. */
  async #commitAll({ tenantId }: Ended["lease"]): Promise<void> {
    for (;;) {
      const some = this.#gathered.get(tenantId)?.splice(0, TOGETHER_MAX) ?? [];
      if (some.length === 0) break;
      try {
        const list = some.map(({ ended }) => ended);
        const afters = await finishRelayed(this.#deps.outbound, tenantId, list);
        for (const [i, { resolve }] of some.entries()) resolve(afters[i] ?? null);
      } catch (error) {
        for (const { reject } of some) reject(error);
      }
    }
    this.#gathered.delete(tenantId);
  }

  #tell({ lease, entry, results, ms }: Ended, after: After): void {
    const { log, metrics } = this.#deps;
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
      log.info("delivery_notice", { submissionId: entry.submissionId, action, recipients: notice.length });
    }
  }
}
