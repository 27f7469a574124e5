import { tellIncidents } from "../../src/notices/index.ts";
import type { Outbound } from "../../src/outbound/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

const EVERY_MS = 20_000;

/** Tells all agencies what the operator says about the service. Costs one look at an index while there is nothing new. */
export function incidentAlertsJob({ outbound }: { readonly outbound: Outbound }): PeriodicJob {
  return {
    name: "incident-alerts",
    everyMs: EVERY_MS,
    run: (stopping) => tellIncidents(outbound, stopping),
  };
}
