import { ANSWERS_KEPT_MS, purgeRequests } from "../../src/access/index.ts";
import type { Db } from "../../src/db/index.ts";
import type { Clock } from "../../src/kernel/ports.ts";
import type { PeriodicJob } from "./job-runner.ts";

/** Forgets requests with an Idempotency-Key, and their answers, after a day. */
export function purgeRequestsJob({ db, clock }: { readonly db: Db; readonly clock: Clock }): PeriodicJob {
  return {
    name: "requests-purge",
    everyMs: 3_600_000,
    async run(stopping) {
      for (let count = 1; count > 0 && !stopping.aborted;)
        count = await db.system("requests: purge", (tx) => purgeRequests(tx, clock() - ANSWERS_KEPT_MS));
    },
  };
}
