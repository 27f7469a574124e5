import { DELIVERY_DEFAULTS } from "../delivery/delivery-settings.ts";
import { type StsDeps, StsPolicies } from "../delivery/sts-policies.ts";
import type { PeriodicJob } from "./job-runner.ts";

const EVERY_MS = 6 * 3_600_000;

/** Fetches the MTA-STS policies of others anew before they run out (RFC 8461 §10.2). */
export function refreshStsPoliciesJob(deps: StsDeps): PeriodicJob {
  return {
    name: "mta-sts-refresh",
    everyMs: EVERY_MS,
    run: () => new StsPolicies(deps, DELIVERY_DEFAULTS).refresh(),
  };
}
