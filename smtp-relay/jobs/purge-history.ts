import type { Db } from "../../src/db/index.ts";
import { purgeHistory } from "../../src/history/index.ts";
import type { Clock, Log } from "../../src/kernel/ports.ts";
import { allTenants, type Tenancy } from "../../src/tenants/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

const DAY_MS = 86_400_000;
/** So many events go in one transaction. */
const BATCH = 5_000;

interface PurgeDeps {
  readonly db: Db;
  readonly tenancy: Tenancy;
  readonly clock: Clock;
  readonly log: Log;
}

/** Once a day, forgets what happened to messages that began their way more than so many days ago. */
export function purgeHistoryJob({ db, tenancy, clock, log }: PurgeDeps, days: number): PeriodicJob {
  return {
    name: "purge-history",
    everyMs: DAY_MS,
    async run(stopping) {
      const before = clock() - days * DAY_MS;
      let events = 0;
      for (const { id: tenantId } of await allTenants(tenancy)) {
        let count: number;
        do {
          if (stopping.aborted) return;
          count = await db.system("history: purge", (tx) =>
            purgeHistory(tx, { tenantId, before, limit: BATCH }),
          );
          events += count;
        } while (count === BATCH);
      }
      if (events > 0) log.info("history_purged", { events, days });
    },
  };
}
