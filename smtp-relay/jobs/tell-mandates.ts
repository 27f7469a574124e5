import type { Outbound } from "../../src/outbound/index.ts";
import { tellTurnedMandates } from "../../src/people/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

/** Tells of offices that changed hands. */
export function tellMandatesJob({ outbound }: { readonly outbound: Outbound }): PeriodicJob {
  return {
    name: "tell-mandates",
    everyMs: 60_000,
    run: async (stopping) => {
      await tellTurnedMandates(outbound.store, stopping);
    },
  };
}
