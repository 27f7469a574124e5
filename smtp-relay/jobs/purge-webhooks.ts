import type { Db } from "../../src/db/index.ts";
import type { Clock } from "../../src/kernel/ports.ts";
import { purgeDeliveries } from "../../src/webhooks/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

const DAY_MS = 86_400_000;
const KEPT_DAYS = 30;
const AT_ONCE = 5_000;

/** Forgets what webhooks were told long ago. */
export function purgeWebhooksJob({ db, clock }: { readonly db: Db; readonly clock: Clock }): PeriodicJob {
  return {
    name: "webhooks-purge",
    everyMs: DAY_MS,
    async run(stopping) {
      const before = clock() - KEPT_DAYS * DAY_MS;
      for (let count = AT_ONCE; count === AT_ONCE && !stopping.aborted;)
        count = await db.system("webhooks: old", (tx) => purgeDeliveries(tx, before, AT_ONCE));
    },
  };
}
