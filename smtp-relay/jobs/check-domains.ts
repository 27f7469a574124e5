import {
  checkDomain,
  commonTexts,
  connectKeyTexts,
  type Domains,
  domainTexts,
  isHosted,
  listDueDomains,
  listZoneDomains,
  markZoneTold,
} from "../../src/domains/index.ts";
import { rotateDomain, type RotationDeps, type ZoneRecord } from "../../src/signing/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

const EVERY_MS = 10_000;
/** So many in one turn, so many at once. */
const AT_ONCE = 200;
const PARALLEL = 8;
const ROUNDS = 10;

/** Looks at the DNS of own domains that are due, and tells our name server what it says for those that are proven. What fails is due again
 * by itself.
 * @param programs by what programs find the servers of a domain in our zone */
export function checkDomainsJob(
  domains: Domains,
  rotation: RotationDeps,
  programs: (domain: string) => readonly ZoneRecord[] = () => [],
): PeriodicJob {
  return {
    name: "check-domains",
    everyMs: EVERY_MS,
    async run(stopping) {
      const { db, clock } = domains.outbound.store;
      // Hosted names come due once when they are new: many of them must not keep the others waiting.
      for (let round = 0; round < ROUNDS && !stopping.aborted; round++) {
        const due = await db.system("own domains: due", (tx) => listDueDomains(tx, clock(), AT_ONCE));
        await checkAll(domains, due, stopping);
        if (due.length < AT_ONCE) break;
      }
      await tellZone(domains, rotation, programs, stopping);
    },
  };
}

/** Several at once, since most of the time is waiting for the DNS. */
async function checkAll(
  domains: Domains,
  due: Awaited<ReturnType<typeof listDueDomains>>,
  stopping: AbortSignal,
): Promise<void> {
  const left = due.values();
  const work = async (): Promise<void> => {
    for (const { tenantId, name } of left) {
      if (stopping.aborted) return;
      try {
        await checkDomain(domains, tenantId, name);
      } catch (error) {
        domains.log.warn("domain_check_failed", { domain: name, error });
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

/** Not there before the tenant of the installation is: the next domain brings them. */
async function keyTexts(domains: Domains): ReturnType<typeof connectKeyTexts> {
  try {
    return await connectKeyTexts(domains);
  } catch (error) {
    domains.log.warn("domain_connect_key_failed", { error });
    return [];
  }
}

/** Tells our name server the texts of those domains that have others than it knows, and makes the keys of new ones. Where nobody is told
 * from here, the operator brings the zone (`angelia dns zone`). */
async function tellZone(
  domains: Domains,
  rotation: RotationDeps,
  programs: (domain: string) => readonly ZoneRecord[],
  stopping: AbortSignal,
): Promise<void> {
  const { settings, outbound, log } = domains;
  const { db, clock } = outbound.store;
  const page = { after: "", limit: AT_ONCE, untold: true };
  for (const one of await db.system("own domains: untold", (tx) => listZoneDomains(tx, page))) {
    if (stopping.aborted) return;
    try {
      const texts = [
        ...commonTexts(settings),
        ...(await keyTexts(domains)),
        ...(isHosted(settings, one.name) ? programs(one.name) : domainTexts(one, settings)),
      ];
      await rotation.push?.(texts);
      await db.tenant(one.tenantId, (tx) => markZoneTold(tx, one, clock()));
      // Hosted names have theirs from the rotation, or at their first message.
      if (!isHosted(settings, one.name)) await rotateDomain(rotation, one.tenantId, one.name);
    } catch (error) {
      log.warn("domain_zone_failed", { domain: one.name, error });
      return;
    }
  }
}
