import type { TenantTx } from "../db/index.ts";
import type { AccountId, BlobId, EmailId, ThreadId } from "../kernel/id.ts";
import type { Notify } from "../protocol/smtp/index.ts";
import type { PoolName } from "./egress-pool.ts";
import type { Delivered, SubmissionId } from "./outbound.ts";

/** A recipient of a new submission, as it stands after the transaction. */
export interface NewRecipient {
  readonly address: string;
  readonly domain: string;
  readonly notify: Notify | null;
  readonly orcpt: string | null;
  /** yes: delivered in this transaction; queued: a queue row is made for its domain; no: refused from the start */
  readonly delivered: "yes" | "queued" | "no";
  readonly smtpReply: string | null;
}

/** Times are milliseconds since the epoch. */
export interface NewSubmission {
  readonly id: SubmissionId;
  /** null: it comes from us */
  readonly accountId: AccountId | null;
  readonly blobId: BlobId;
  readonly size: number;
  readonly mailFrom: string;
  readonly eightBit: boolean;
  readonly smtpUtf8: boolean;
  readonly ret: "FULL" | "HDRS" | null;
  readonly envid: string | null;
  /** RFC 8689; not when absent */
  readonly requireTls?: boolean;
  /** `TLS-Required: No` (RFC 8689 §5); not when absent */
  readonly tlsOptional?: boolean;
  /** main when absent */
  readonly pool?: PoolName;
  readonly arrivedAt: number;
  readonly sendAt: number;
  /** When the queue may take it; `sendAt` when absent */
  readonly dueAt?: number;
  readonly giveUpAt: number;
  readonly undoStatus: "pending" | "final";
  readonly identityId: string | null;
  readonly emailId: EmailId | null;
  readonly threadId: ThreadId | null;
  readonly modseq: number;
  readonly recipients: readonly NewRecipient[];
}

const at = (ms: number): string => new Date(ms).toISOString();

/** Locks the accounts that one transaction writes to, in the order in which all writers take them. */
export async function lockAccounts(tx: TenantTx, accountIds: readonly AccountId[]): Promise<void> {
  await tx`
    select 1 from accounts where tenant_id = ${tx.tenantId} and id = any(${[...accountIds]}::uuid[]) order by id for update`;
}

/** Writes a submission, its recipients, and a queue row for each domain that something is left to send to. */
export async function insertSubmission(tx: TenantTx, one: NewSubmission): Promise<void> {
  const list = one.recipients;
  const domains = [...new Set(list.filter((to) => to.delivered === "queued").map((to) => to.domain))];
  await tx`
    with submission as (
      insert into submissions (tenant_id, id, account_id, blob_id, size, mail_from, eight_bit, smtp_utf8, ret, envid,
        arrived_at, send_at, undo_status, identity_id, email_id, thread_id, created_modseq, modseq,
        require_tls, tls_optional, pool)
      values (${tx.tenantId}, ${one.id}, ${one.accountId}, ${one.blobId}, ${one.size}, ${one.mailFrom}, ${one.eightBit},
        ${one.smtpUtf8}, ${one.ret}, ${one.envid}, ${at(one.arrivedAt)}, ${at(one.sendAt)}, ${one.undoStatus},
        ${one.identityId}, ${one.emailId}, ${one.threadId}, ${one.modseq}, ${one.modseq},
        ${one.requireTls ?? false}, ${one.tlsOptional ?? false}, ${one.pool ?? "main"})
    ), recipients as (
      insert into outbound_recipients (tenant_id, submission_id, n, address, domain, notify, orcpt, delivered, smtp_reply, attempted_at)
      select ${tx.tenantId}, ${one.id}, r.n, r.address, r.domain, string_to_array(r.notify, ','), r.orcpt, r.delivered, r.reply,
        case when r.delivered <> 'queued' then ${at(one.arrivedAt)}::timestamptz end
      from unnest(${list.map((to) => to.address)}::text[], ${list.map((to) => to.domain)}::text[],
        ${list.map((to) => to.notify?.join(",") ?? null)}::text[], ${list.map((to) => to.orcpt)}::text[],
        ${list.map((to) => to.delivered)}::text[], ${list.map((to) => to.smtpReply)}::text[])
        with ordinality as r(address, domain, notify, orcpt, delivered, reply, n)
    )
    insert into outbound_queue (tenant_id, id, submission_id, domain, due_at, give_up_at)
    select ${tx.tenantId}, uuidv7(), ${one.id}, d, ${at(one.dueAt ?? one.sendAt)}, ${at(one.giveUpAt)} from unnest(${domains}::text[]) d`;
}

/** What became of one recipient (RFC 8621 §7, deliveryStatus). */
interface SubmissionRecipient {
  readonly address: string;
  readonly delivered: Delivered;
  /** null: not tried yet */
  readonly smtpReply: string | null;
}

/** A submission of an account, as JMAP's EmailSubmission shows it. Times are milliseconds since the epoch. */
export interface Submission {
  readonly id: SubmissionId;
  readonly identityId: string | null;
  readonly emailId: EmailId | null;
  readonly threadId: ThreadId | null;
  readonly mailFrom: string;
  readonly sendAt: number;
  readonly undoStatus: "pending" | "final" | "canceled";
  readonly recipients: readonly SubmissionRecipient[];
}

/** Submissions of an account by id, in no order; unknown ids are left out. */
export async function readSubmissions(
  tx: TenantTx,
  accountId: AccountId,
  ids: readonly SubmissionId[],
): Promise<Submission[]> {
  return tx<Submission[]>`
    select s.id, s.identity_id as "identityId", s.email_id as "emailId", s.thread_id as "threadId", s.mail_from as "mailFrom",
      (extract(epoch from s.send_at) * 1000)::bigint as "sendAt", s.undo_status as "undoStatus",
      (select json_agg(json_build_object('address', r.address, 'delivered', r.delivered, 'smtpReply', r.smtp_reply) order by r.n)
        from outbound_recipients r where r.tenant_id = s.tenant_id and r.submission_id = s.id) as recipients
    from submissions s
    where s.tenant_id = ${tx.tenantId} and s.account_id = ${accountId} and s.id = any(${[...ids]}::uuid[])`;
}

/** Ids of an account's submissions, the latest first. */
export async function listSubmissions(
  tx: TenantTx,
  accountId: AccountId,
  page: { readonly position: number; readonly limit: number },
): Promise<SubmissionId[]> {
  const rows = await tx<{ id: SubmissionId }[]>`
    select id from submissions where tenant_id = ${tx.tenantId} and account_id = ${accountId}
    order by send_at desc, id limit ${page.limit} offset ${page.position}`;
  return rows.map((row) => row.id);
}

export interface SubmissionChanges {
  readonly created: readonly SubmissionId[];
  readonly updated: readonly SubmissionId[];
  /** The account's change counter up to which this list is complete. */
  readonly newModseq: number;
}

/** Submissions that are new or changed after the account's change counter `since`. */
export async function listSubmissionChanges(
  tx: TenantTx,
  accountId: AccountId,
  since: number,
): Promise<SubmissionChanges> {
  const rows = await tx<{ id: SubmissionId; created: number; modseq: number }[]>`
    select id, created_modseq as created, modseq from submissions
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and modseq > ${since} order by modseq`;
  return {
    created: rows.filter((row) => row.created > since).map((row) => row.id),
    updated: rows.filter((row) => row.created <= since).map((row) => row.id),
    newModseq: rows.at(-1)?.modseq ?? since,
  };
}

/** Takes back a submission that waits for its time.
 * @param modseq the account's change counter, moved on in this transaction
 * @returns false: there is none, or it is on its way already */
export async function cancelSubmission(
  tx: TenantTx,
  accountId: AccountId,
  id: SubmissionId,
  modseq: number,
): Promise<boolean> {
  const [canceled] = await tx`
    update submissions set undo_status = 'canceled', modseq = ${modseq}
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and id = ${id} and undo_status = 'pending' returning 1`;
  if (canceled === undefined) return false;
  await tx`delete from outbound_queue where tenant_id = ${tx.tenantId} and submission_id = ${id}`;
  return true;
}
