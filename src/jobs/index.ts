export { finishJob, type JobLease, leaseJobs, registerJobs } from "./job.store.ts";
