import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";
import type { SubmissionId } from "./outbound.ts";

/** Remembers for whom a message on its way out is forwarded. */
export async function insertForwarded(
  tx: TenantTx,
  submissionId: SubmissionId,
  accountIds: readonly AccountId[],
): Promise<void> {
  if (accountIds.length === 0) return;
  await tx`insert into forwarded_submissions (tenant_id, submission_id, account_id)
    select ${tx.tenantId}, ${submissionId}, a from unnest(${[...accountIds]}::uuid[]) a`;
}

/** Claims the sending on of a submission in the transaction that does it; waits for another one that claims the same.
 * @param submissionId of whichever tenant   @param vias in the form of `Onward.via`
 * @returns those that have not sent it on yet */
export async function claimForwards(
  tx: TenantTx,
  submissionId: SubmissionId,
  vias: readonly string[],
  now: number,
): Promise<Set<string>> {
  const rows = await tx<{ via: string }[]>`
    insert into forwarded_once (tenant_id, submission_id, via, forwarded_at)
    select ${tx.tenantId}, ${submissionId}, v, ${new Date(now).toISOString()} from unnest(${[...vias]}::text[]) v order by v
    on conflict do nothing returning via`;
  return new Set(rows.map((row) => row.via));
}

/** What an attempt gave for one address that mail is forwarded to. */
export interface ForwardResult {
  /** as the queue has it */
  readonly address: string;
  readonly isFailure: boolean;
  readonly reply: string;
}

/** A forward that has just been found to fail, so that its owner can be told. */
export interface FailingForward {
  readonly accountId: AccountId;
  readonly target: string;
  readonly failures: number;
  readonly reply: string;
}

/** The forwards of a submission whose next failure in a row makes them count as failing, with who owns them.
 * @param targets as the queue has them */
export async function findForwardsAtRisk(
  tx: TenantTx,
  submissionId: SubmissionId,
  targets: readonly string[],
  limit: number,
): Promise<{ accountId: AccountId; address: string; target: string }[]> {
  if (targets.length === 0) return [];
  return tx<{ accountId: AccountId; address: string; target: string }[]>`
    select a.id as "accountId", a.address, t.written as target from forwarded_submissions s
    join forward_targets t on t.tenant_id = s.tenant_id and t.account_id = s.account_id
    join accounts a on a.tenant_id = s.tenant_id and a.id = s.account_id
    where s.tenant_id = ${tx.tenantId} and s.submission_id = ${submissionId} and t.written = any(${[...targets]}::text[])
      and t.failures = ${limit - 1}`;
}

/** Counts failures of forwards, in a row; a success ends the row.
 * @param limit from so many on, a forward counts as failing
 * @returns those that have begun to fail now */
export async function recordForwardResults(
  tx: TenantTx,
  submissionId: SubmissionId,
  results: readonly ForwardResult[],
  limit: number,
): Promise<FailingForward[]> {
  if (results.length === 0) return [];
  return tx<FailingForward[]>`
    with result as (
      select * from unnest(${results.map((one) => one.address)}::text[], ${results.map((one) => String(one.isFailure))}::text[]::boolean[],
        ${results.map((one) => one.reply)}::text[]) as r(address, is_failure, reply)
    ), counted as (
      update forward_targets t set
        failures = case when r.is_failure then t.failures + 1 else 0 end,
        failing_since = case when not r.is_failure then null when t.failures + 1 >= ${limit} then coalesce(t.failing_since, now()) end,
        last_reply = case when r.is_failure then r.reply end
      from result r, forwarded_submissions s
      where s.tenant_id = ${tx.tenantId} and s.submission_id = ${submissionId}
        and t.tenant_id = ${tx.tenantId} and t.account_id = s.account_id and t.written = r.address
        and (r.is_failure or t.failures > 0)
      returning t.account_id, t.written, t.failures, r.reply
    )
    select account_id as "accountId", written as target, failures, reply from counted where failures = ${limit}`;
}
