import type { Log } from "../../src/kernel/ports.ts";
import { type DigestDeps, sendDigests } from "../../src/quarantine/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

/** How soon after its moment a digest goes out. */
const EVERY_MS = 5 * 60_000;

/** Tells people what is held for them, as often as their agency wants it. */
export function quarantineDigestJob(deps: DigestDeps & { readonly log: Log }): PeriodicJob {
  return {
    name: "quarantine-digest",
    everyMs: EVERY_MS,
    async run(stopping) {
      const digests = await sendDigests(deps, () => stopping.aborted);
      if (digests > 0) deps.log.info("quarantine_digests_sent", { digests });
    },
  };
}
