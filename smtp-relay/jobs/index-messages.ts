import { setImmediate } from "node:timers/promises";
import type { TenantId } from "../../src/kernel/id.ts";
import { findUnindexedTenants, type Mailstore, MessageIndexer } from "../../src/mailstore/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

const EVERY_MS = 10_000;
/** One run leaves other jobs their turn, and most of the time of this process to who waits for an answer. */
const RUN_MS = 3_000;
/** Longest that a message keeps others waiting. */
const SLICE_MS = 8;
const TENANTS = 1_000;

/** Lets others have their turn when a slice of work has taken its time. */
function newPause(): () => Promise<void> {
  let begunAt = performance.now();
  return async () => {
    if (performance.now() - begunAt < SLICE_MS) return;
    await setImmediate();
    begunAt = performance.now();
  };
}

/** Makes the search index of new messages: delivery does not wait for it, and searches find without it, only slower. */
export function indexMessagesJob({ store }: { readonly store: Mailstore }): PeriodicJob {
  const { db } = store;
  let indexer: MessageIndexer | undefined;
  return {
    name: "index-messages",
    everyMs: EVERY_MS,
    async run(stopping) {
      const until = performance.now() + RUN_MS;
      const goesOn = (): boolean => !stopping.aborted && performance.now() < until;
      indexer ??= new MessageIndexer(store, newPause());
      for (let after: TenantId | null = null; goesOn();) {
        const last: TenantId | null = after;
        const tenants: Awaited<ReturnType<typeof findUnindexedTenants>> = await db.system(
          "search: who has messages",
          (tx) => findUnindexedTenants(tx, last, TENANTS),
        );
        for (const { tenantId, isDue } of tenants)
          if (isDue && goesOn()) await indexer.indexTenant(tenantId, goesOn);
        after = tenants.at(-1)?.tenantId ?? null;
        if (after === null || tenants.length < TENANTS) return;
      }
    },
  };
}
