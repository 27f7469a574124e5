import type { Db } from "../../src/db/index.ts";
import type { Clock } from "../../src/kernel/ports.ts";
import { forgetSpooled } from "../../src/mailstore/index.ts";
import { forgetRecipientFailures } from "../../src/outbound/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

/** Forgets failures of addresses that are too long ago to count, and the ids of spooled messages whose files are long gone. */
export function forgetFailuresJob({ db, clock }: { readonly db: Db; readonly clock: Clock }): PeriodicJob {
  return {
    name: "failures-forget",
    everyMs: 24 * 3_600_000,
    async run(stopping) {
      for (const forget of [forgetRecipientFailures, forgetSpooled])
        for (let count = 1; count > 0 && !stopping.aborted;)
          count = await db.system("failures: forget", (tx) => forget(tx, clock()));
    },
  };
}
