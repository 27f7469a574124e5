import { dkimRotationJob } from "../smtp-relay/jobs/dkim-rotation.ts";
import { JobRunner, type PeriodicJob } from "../smtp-relay/jobs/job-runner.ts";
import { purgeHistoryJob } from "../smtp-relay/jobs/purge-history.ts";
import type { HostDeps, Service } from "./service.ts";

/** Every periodic job of the product; a new one is a line here. */
function periodicJobs(deps: HostDeps): readonly PeriodicJob[] {
  return [dkimRotationJob(deps.signing.rotation), purgeHistoryJob(deps, deps.config.historyDays)];
}

/** Runs the periodic jobs; one process of an installation at a time runs each. */
export function startJobs(deps: HostDeps): Promise<readonly Service[]> {
  const runner = new JobRunner({ db: deps.db, log: deps.log, clock: deps.clock }, periodicJobs(deps));
  runner.start();
  return Promise.resolve([{ name: "jobs", stop: () => runner.stop() }]);
}
