import { followUrgent, listUrgentDomains, type RotationDeps } from "../../src/signing/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

const EVERY_MS = 20_000;
const AT_ONCE = 500;

/** Goes on with keys that must take over at once, until the world sees them. Costs one look at an index while there are none. */
export function dkimUrgentJob(deps: RotationDeps): PeriodicJob {
  const { signing, log } = deps;
  return {
    name: "dkim-urgent",
    everyMs: EVERY_MS,
    async run(stopping) {
      const urgent = await signing.db.system("dkim: urgent domains", (tx) => listUrgentDomains(tx, AT_ONCE));
      for (const { tenantId, domain } of urgent) {
        if (stopping.aborted) return;
        try {
          await followUrgent(deps, tenantId, domain);
        } catch (error) {
          log.warn("dkim_rotation_failed", { domain, error });
        }
      }
    },
  };
}
