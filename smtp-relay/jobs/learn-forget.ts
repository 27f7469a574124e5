import type { Db } from "../../src/db/index.ts";
import type { Clock, Log } from "../../src/kernel/ports.ts";
import { deleteLessons, findTaughtTenants } from "../../src/mailstore/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

const DAY_MS = 86_400_000;
/** What has been taught is remembered for so long, so that it is not taught again. */
const KEPT_MS = 30 * DAY_MS;
/** Without a spam filter nothing is taught; one that is set up now learns of the last days. */
const KEPT_WITHOUT_FILTER_MS = 3 * DAY_MS;

/** Once a day, forgets what people said of messages long ago. */
export function forgetLessonsJob(
  { db, clock, log }: { readonly db: Db; readonly clock: Clock; readonly log: Log },
  hasFilter: boolean,
): PeriodicJob {
  return {
    name: "learn-forget",
    everyMs: DAY_MS,
    async run(stopping) {
      const before = clock() - (hasFilter ? KEPT_MS : KEPT_WITHOUT_FILTER_MS);
      let lessons = 0;
      const tenants = await db.system("learning: what is old", (tx) => findTaughtTenants(tx, before));
      for (const tenantId of tenants) {
        if (stopping.aborted) return;
        lessons += await db.tenant(tenantId, (tx) => deleteLessons(tx, before));
      }
      if (lessons > 0) log.info("lessons_forgotten", { lessons });
    },
  };
}
