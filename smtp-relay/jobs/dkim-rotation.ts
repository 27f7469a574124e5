import {
  ALGORITHMS,
  decideRotation,
  type DomainKeys,
  listDomainKeys,
  rotateDomain,
  type RotationDeps,
} from "../../src/signing/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

const EVERY_MS = 10 * 60_000;
const PAGE = 500;

/** Whether one of a domain's slots needs something: most domains need nothing on most days. */
function isDue({ keys }: DomainKeys, { times, push }: RotationDeps, now: number): boolean {
  if (push !== undefined && keys.some((key) => key.pushedAt === null)) return true;
  return ALGORITHMS.some((algorithm) => {
    const some = keys.filter((key) => key.algorithm === algorithm);
    return decideRotation(some, now, times).kind !== "wait";
  });
}

/** Sees that each proven domain has keys, that they are replaced in time, and that our name server knows them. A domain that fails does
 * not keep the others from theirs. */
export function dkimRotationJob(deps: RotationDeps): PeriodicJob {
  const { signing, log } = deps;
  return {
    name: "dkim-rotation",
    everyMs: EVERY_MS,
    async run(stopping) {
      for (let after = ""; ;) {
        const page = await signing.db.system("dkim: due domains", (tx) =>
          listDomainKeys(tx, { after, limit: PAGE }),
        );
        for (const one of page) {
          if (stopping.aborted) return;
          if (!isDue(one, deps, signing.clock())) continue;
          try {
            await rotateDomain(deps, one.tenantId, one.domain);
          } catch (error) {
            log.warn("dkim_rotation_failed", { domain: one.domain, error });
          }
        }
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) return;
        after = last.domain;
      }
    },
  };
}
