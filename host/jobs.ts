import { JobRunner, type PeriodicJob } from "../smtp-relay/jobs/job-runner.ts";
import type { HostDeps, Service } from "./service.ts";

/** Every periodic job of the product; a new one is a line here. */
function periodicJobs(_deps: HostDeps): readonly PeriodicJob[] {
  return [];
}

/** Runs the periodic jobs; one process of an installation at a time runs each. */
export function startJobs(deps: HostDeps): Promise<readonly Service[]> {
  const runner = new JobRunner({ db: deps.db, log: deps.log, clock: deps.clock }, periodicJobs(deps));
  runner.start();
  return Promise.resolve([{ name: "jobs", stop: () => runner.stop() }]);
}
