import type { SystemTx, TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";
import type { SubmissionId } from "./outbound.ts";

const at = (ms: number): string => new Date(ms).toISOString();

export interface NewSuppression {
  /** canonical */
  readonly address: string;
  /** whose bulk mail; "": everybody's */
  readonly sender: string;
  readonly reason: "bounce" | "complaint" | "unsubscribe" | "admin";
  readonly detail: string;
}

/** @returns false: it was there already */
export async function insertSuppression(
  tx: TenantTx,
  { address, sender, reason, detail }: NewSuppression,
  now: number,
): Promise<boolean> {
  const [row] = await tx`
    insert into suppressions (tenant_id, address, sender, reason, detail, created_at)
    values (${tx.tenantId}, ${address}, ${sender}, ${reason}, ${detail.slice(0, 500)}, ${at(now)}) on conflict do nothing returning 1`;
  return row !== undefined;
}

/** Which of these addresses get no bulk mail from a sender, and why. */
export async function findSuppressed(
  tx: TenantTx,
  addresses: readonly string[],
  sender: string,
): Promise<ReadonlyMap<string, NewSuppression["reason"]>> {
  const rows = await tx<{ address: string; reason: NewSuppression["reason"] }[]>`
    select address, reason from suppressions
    where tenant_id = ${tx.tenantId} and address = any(${[...addresses]}::text[]) and sender in ('', ${sender})`;
  return new Map(rows.map((row) => [row.address, row.reason]));
}

/** Times are milliseconds since the epoch. */
export interface StoredSuppression extends NewSuppression {
  readonly at: number;
}

/** A page of them, by address. @param after the last address and sender of the page before */
export async function listSuppressions(
  tx: TenantTx,
  { after, limit }: { readonly after: readonly [address: string, sender: string]; readonly limit: number },
): Promise<StoredSuppression[]> {
  return tx<StoredSuppression[]>`
    select address, sender, reason, detail, (extract(epoch from created_at) * 1000)::bigint as at from suppressions
    where tenant_id = ${tx.tenantId} and (address, sender) > (${after[0]}, ${after[1]})
    order by address, sender limit ${limit}`;
}

/** Takes an address off the list, for all senders, and forgets its failures. @returns false: it was not on it */
export async function deleteSuppression(tx: TenantTx, address: string): Promise<boolean> {
  const rows = await tx`
    delete from suppressions where tenant_id = ${tx.tenantId} and address = ${address} returning 1`;
  await tx`delete from recipient_failures where tenant_id = ${tx.tenantId} and address = ${address}`;
  return rows.length > 0;
}

/** How often, and within which time, an address must be refused for good before it gets no bulk mail. */
const FAILURES = 2;
const FAILURES_WITHIN = "30 days";

/** Counts addresses that were refused because nobody is there, and suppresses those to which that happens again and again.
 * @param failed each address once, with what the other server said */
export async function countRecipientFailures(
  tx: TenantTx,
  failed: readonly { readonly address: string; readonly reply: string }[],
  now: number,
): Promise<void> {
  if (failed.length === 0) return;
  await tx`
    with counted as (
      insert into recipient_failures as f (tenant_id, address, failures, first_at, last_at)
      select ${tx.tenantId}, a, 1, ${at(now)}, ${at(now)} from unnest(${failed.map((one) => one.address)}::text[]) a order by a
      on conflict (tenant_id, address) do update set
        failures = case when f.first_at > ${at(now)}::timestamptz - ${FAILURES_WITHIN}::interval then f.failures + 1 else 1 end,
        first_at = case when f.first_at > ${at(now)}::timestamptz - ${FAILURES_WITHIN}::interval then f.first_at else excluded.first_at end,
        last_at = excluded.last_at
      returning address, failures
    )
    insert into suppressions (tenant_id, address, sender, reason, detail, created_at)
    select ${tx.tenantId}, c.address, '', 'bounce', left(r.reply, 500), ${at(now)} from counted c
    join unnest(${failed.map((one) => one.address)}::text[], ${failed.map((one) => one.reply)}::text[]) r(address, reply) on r.address = c.address
    where c.failures >= ${FAILURES}
    on conflict do nothing`;
}

/** Rows that one statement forgets. */
const FORGOTTEN_AT_ONCE = 5_000;

/** Forgets failures that are too long ago to count, of all tenants. @returns how many */
export async function forgetRecipientFailures(tx: SystemTx, now: number): Promise<number> {
  const gone = await tx`
    delete from recipient_failures where (tenant_id, address) in (
      select tenant_id, address from recipient_failures
      where last_at < ${at(now)}::timestamptz - ${FAILURES_WITHIN}::interval limit ${FORGOTTEN_AT_ONCE})`;
  return gone.count;
}

/** Notes a complaint, once for each report.
 * @returns how many complaints about the account there were since a moment; null: this one is known */
export async function insertComplaint(
  tx: TenantTx,
  complaint: {
    readonly report: Uint8Array;
    readonly accountId: AccountId;
    readonly submissionId: SubmissionId | null;
    readonly address: string | null;
    readonly feedbackType: string;
    readonly now: number;
  },
  since: number,
): Promise<number | null> {
  const { report, accountId, submissionId, address, feedbackType, now } = complaint;
  const [row] = await tx`
    insert into complaints (tenant_id, report, account_id, submission_id, address, feedback_type, at)
    values (${tx.tenantId}, ${report}, ${accountId}, ${submissionId}, ${address}, ${feedbackType.slice(0, 40)}, ${at(now)})
    on conflict do nothing returning 1`;
  if (row === undefined) return null;
  const [counted] = await tx<{ n: number }[]>`
    select count(*)::int as n from complaints
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and at >= ${at(since)}`;
  return counted?.n ?? 0;
}

/** An account's submission to an address that it can be about: the latest since a moment. */
export async function findSubmissionTo(
  tx: TenantTx,
  sender: string,
  recipient: string,
  since: number,
): Promise<{ readonly submissionId: SubmissionId; readonly accountId: AccountId } | undefined> {
  const [row] = await tx<{ submissionId: SubmissionId; accountId: AccountId }[]>`
    select s.id as "submissionId", s.account_id as "accountId" from addresses d
    join submissions s on s.tenant_id = d.tenant_id and s.account_id = d.account_id and s.send_at >= ${at(since)}
    join outbound_recipients r on r.tenant_id = s.tenant_id and r.submission_id = s.id and lower(r.address) = ${recipient}
    where d.tenant_id = ${tx.tenantId} and d.address = ${sender} order by s.send_at desc limit 1`;
  return row;
}

/** The account of a submission, and the only recipient if it has one. */
export async function readSubmissionSender(
  tx: TenantTx,
  id: SubmissionId,
): Promise<{ readonly accountId: AccountId; readonly recipients: readonly string[] } | undefined> {
  const [row] = await tx<{ accountId: AccountId; recipients: string[] }[]>`
    select s.account_id as "accountId",
      (select array_agg(r.address order by r.n) from outbound_recipients r where r.tenant_id = s.tenant_id and r.submission_id = s.id) as recipients
    from submissions s where s.tenant_id = ${tx.tenantId} and s.id = ${id} and s.account_id is not null`;
  return row;
}
