import type { Db } from "../../src/db/index.ts";
import type { Clock } from "../../src/kernel/ports.ts";
import { purgeGreylist } from "../../src/outbound/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

/** Forgets senders that did not come again, and those that have not come for long. */
export function purgeGreylistJob({ db, clock }: { readonly db: Db; readonly clock: Clock }): PeriodicJob {
  return {
    name: "greylist-purge",
    everyMs: 6 * 3_600_000,
    async run(stopping) {
      for (let count = 1; count > 0 && !stopping.aborted;)
        count = await db.system("greylist: purge", (tx) => purgeGreylist(tx, clock()));
    },
  };
}
