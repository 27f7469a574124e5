export { finishJob, type JobLease, leaseJob, registerJobs, renewJob } from "./job.store.ts";
