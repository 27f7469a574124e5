import type { Log } from "../../src/kernel/ports.ts";
import { deleteOldReports } from "../../src/reports/index.ts";
import { allTenants, HOUSE_TENANT, type Tenancy } from "../../src/tenants/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

const DAY_MS = 86_400_000;
/** The longest that can be asked for is a year. */
const KEPT_MS = 400 * DAY_MS;

/** Once a day, forgets what others have reported more than a year ago. */
export function reportPurgeJob({
  tenancy,
  log,
}: {
  readonly tenancy: Tenancy;
  readonly log: Log;
}): PeriodicJob {
  return {
    name: "report-purge",
    everyMs: DAY_MS,
    async run(stopping) {
      const before = tenancy.clock() - KEPT_MS;
      let reports = 0;
      for (const id of [HOUSE_TENANT, ...(await allTenants(tenancy)).map((tenant) => tenant.id)]) {
        if (stopping.aborted) return;
        reports += await tenancy.db.tenant(id, (tx) => deleteOldReports(tx, before));
      }
      if (reports > 0) log.info("reports_purged", { reports });
    },
  };
}
