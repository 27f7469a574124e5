import type { Db } from "../../src/db/index.ts";
import { countTraffic, listTenantIds } from "../../src/history/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import type { Clock, Log } from "../../src/kernel/ports.ts";
import type { PeriodicJob } from "./job-runner.ts";

const EVERY_MS = 6 * 3_600_000;
/** As long as a message may wait in the queue, and one more. */
const DAYS = 6;
const PAGE = 1_000;

/** Writes down how much mail each agency had on the days that are over. */
export function countTrafficJob({
  db,
  clock,
  log,
}: {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
}): PeriodicJob {
  return {
    name: "traffic-count",
    everyMs: EVERY_MS,
    async run(stopping) {
      for (let after: TenantId | null = null; ;) {
        const from: TenantId | null = after;
        const page: TenantId[] = await db.system("traffic: tenants", (tx) => listTenantIds(tx, from, PAGE));
        for (const tenantId of page) {
          if (stopping.aborted) return;
          try {
            await db.tenant(tenantId, (tx) => countTraffic(tx, clock(), DAYS));
          } catch (error) {
            log.warn("traffic_count_failed", { tenantId, error });
          }
        }
        after = page.at(-1) ?? null;
        if (after === null || page.length < PAGE) return;
      }
    },
  };
}
