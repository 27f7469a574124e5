import {
  type AskCutover,
  type CheckSpf,
  type Cutovers,
  listDueCutovers,
  lookAtCutover,
  reportCutover,
} from "../../src/domains/index.ts";
import type { Log } from "../../src/kernel/ports.ts";
import type { PeriodicJob } from "./job-runner.ts";

/** Somebody waits before a screen for what the DNS says. */
const EVERY_MS = 5_000;
const AT_ONCE = 50;

interface CutoverJobDeps extends AskCutover {
  readonly cutovers: Cutovers;
  readonly checkSpf: CheckSpf;
  readonly log: Log;
}

/** Follows the moves of domains: where their mail goes, and who sends in their name. Two looks at an index while there are none. */
export function cutoverJob({ cutovers, openDns, resolver, checkSpf, log }: CutoverJobDeps): PeriodicJob {
  const { db, clock } = cutovers.outbound.store;
  return {
    name: "domain-cutovers",
    everyMs: EVERY_MS,
    async run(stopping) {
      for (const what of ["look", "report"] as const) {
        const due = await db.system(`cutovers: due ${what}s`, (tx) =>
          listDueCutovers(tx, what, clock(), AT_ONCE),
        );
        for (const { tenantId, domain } of due) {
          if (stopping.aborted) return;
          try {
            if (what === "look") await lookAtCutover(cutovers, { openDns, resolver }, tenantId, domain);
            else await reportCutover(cutovers, { resolver, checkSpf }, tenantId, domain);
          } catch (error) {
            log.warn("cutover_failed", { what, domain, error });
          }
        }
      }
    },
  };
}
