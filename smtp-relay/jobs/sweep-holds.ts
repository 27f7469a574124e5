import { type Outbound, sweepHolds } from "../../src/outbound/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

/** Does what a hold asks for where the process that found it died, and parks what was being delivered at that moment. */
export function sweepHoldsJob({ outbound }: { readonly outbound: Outbound }): PeriodicJob {
  return { name: "sweep-holds", everyMs: 60_000, run: () => sweepHolds(outbound) };
}
