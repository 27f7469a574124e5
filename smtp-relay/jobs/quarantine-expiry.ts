import type { Db } from "../../src/db/index.ts";
import type { Clock, Log } from "../../src/kernel/ports.ts";
import { expireHeld, findExpiringTenants } from "../../src/quarantine/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

const EVERY_MS = 3_600_000;
/** So many go in one transaction. */
const BATCH = 1_000;

interface ExpiryDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
}

/** Ends the waiting of messages that nobody decided about in 30 days. Their bytes stay until the collector of blobs finds that nothing
 * needs them: who has a copy of the same message in a mailbox keeps it. */
export function quarantineExpiryJob({ db, clock, log }: ExpiryDeps): PeriodicJob {
  return {
    name: "quarantine-expiry",
    everyMs: EVERY_MS,
    async run(stopping) {
      const now = clock();
      let messages = 0;
      const tenants = await db.system("quarantine: what has expired", (tx) => findExpiringTenants(tx, now));
      for (const tenantId of tenants) {
        let count: number;
        do {
          if (stopping.aborted) return;
          count = await db.tenant(tenantId, (tx) => expireHeld(tx, now, BATCH));
          messages += count;
        } while (count === BATCH);
      }
      if (messages > 0) log.info("quarantine_expired", { messages });
    },
  };
}
