import { type Outbound } from "../../src/outbound/index.ts";
import { runImports } from "../../src/people/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

/** Goes on with lists of people that a dying process left, and deletes results that nobody fetched in a day. */
export function peopleImportsJob({ outbound }: { readonly outbound: Outbound }): PeriodicJob {
  return { name: "people-imports", everyMs: 10_000, run: (stopping) => runImports(outbound, stopping) };
}
