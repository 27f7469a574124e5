import type { SystemTx } from "../db/index.ts";

export interface JobLease {
  readonly name: string;
  readonly lease: string;
}

const at = (ms: number): string => new Date(ms).toISOString();

/** Makes the row of each job that has none yet: it is due at once. */
export async function registerJobs(tx: SystemTx, names: readonly string[], now: number): Promise<void> {
  await tx`insert into periodic_jobs (name, due_at) select n, ${at(now)} from unnest(${[...names]}::text[]) n
    on conflict do nothing`;
}

/** Takes the job that has been due the longest; what others run is passed over.
 * @param until when the lease ends, unless it is renewed: a process that dies lets its job come due again
 * @returns undefined: none is due */
export async function leaseJob(
  tx: SystemTx,
  { names, now, until }: { readonly names: readonly string[]; readonly now: number; readonly until: number },
): Promise<JobLease | undefined> {
  const [row] = await tx<JobLease[]>`
    update periodic_jobs j set due_at = ${at(until)}, lease = gen_random_uuid(), last_begun_at = ${at(now)}
    from (select name from periodic_jobs where due_at <= ${at(now)} and name = any(${[...names]}::text[])
      order by due_at limit 1 for update skip locked) due
    where j.name = due.name returning j.name, j.lease`;
  return row;
}

/** Says that who leased it still runs it. @returns false: the lease has ended, and another one has the job */
export async function renewJob(tx: SystemTx, { name, lease }: JobLease, until: number): Promise<boolean> {
  const [row] =
    await tx`update periodic_jobs set due_at = ${at(until)} where name = ${name} and lease = ${lease} returning 1`;
  return row !== undefined;
}

/** Says when a job is to run again, if the lease is still ours. */
export async function finishJob(
  tx: SystemTx,
  { name, lease }: JobLease,
  { now, dueAt, error }: { readonly now: number; readonly dueAt: number; readonly error: string | null },
): Promise<void> {
  await tx`update periodic_jobs set lease = null, due_at = ${at(dueAt)}, last_ended_at = ${at(now)}, last_error = ${error}
    where name = ${name} and lease = ${lease}`;
}
