import type { PendingQuery, Row } from "postgres";
import type { SystemTx, TenantTx } from "../db/index.ts";
import type { AccountId, BlobId, EmailId, MailboxId, TenantId } from "../kernel/id.ts";
import type { LearnKind } from "./learn-kind.ts";

/** Queues what is taught, in the transaction of what it follows from: the last word about a message counts, and what the filter
 * has learned already is not taught again.
 * @param said a query of `message_id` and `kind` */
const queueSaid = (tx: TenantTx, said: PendingQuery<Row[]>): PendingQuery<Row[]> => tx`
  insert into learn_queue as q (tenant_id, blob_id, kind, due_at, changed_at)
  -- In one order, so that two people who move the same messages never wait for each other.
  select m.tenant_id, m.blob_id, min(s.kind), now(), now() from (${said}) s
  join messages m on m.tenant_id = ${tx.tenantId} and m.id = s.message_id
  group by m.tenant_id, m.blob_id order by m.blob_id
  on conflict (tenant_id, blob_id) do update
    set kind = excluded.kind, attempts = 0, changed_at = excluded.changed_at,
      due_at = case when q.taught is distinct from excluded.kind then excluded.due_at end
    where q.kind <> excluded.kind`;

/** A part of a statement (`, learned as (…)`) that has messages taught which move from one mailbox to another: into Junk is spam, out of
 * it is not, except into Trash.
 * @param moved a query of `message_id` */
export function learnFromMove(
  tx: TenantTx,
  accountId: AccountId,
  {
    from,
    to,
    moved,
  }: { readonly from: MailboxId; readonly to: MailboxId; readonly moved: PendingQuery<Row[]> },
): PendingQuery<Row[]> {
  return queueSaid(
    tx,
    tx`select x.message_id, b.kind from (${moved}) x cross join (
      select case when t.role = 'junk' then 'spam' else 'ham' end as kind
      from mailboxes f join mailboxes t on t.tenant_id = f.tenant_id and t.account_id = f.account_id and t.id = ${to}
      where f.tenant_id = ${tx.tenantId} and f.account_id = ${accountId} and f.id = ${from}
        and (coalesce(f.role, '') = 'junk') <> (coalesce(t.role, '') = 'junk')
        and coalesce(t.role, '') <> 'trash'
    ) b`,
  );
}

/** A part of a statement that has messages taught whose keywords now say something about spam.
 * @param changed a query of `message_id`, `keywords` and `had`, the keywords before */
export function learnFromKeywords(tx: TenantTx, changed: PendingQuery<Row[]>): PendingQuery<Row[]> {
  return queueSaid(
    tx,
    tx`select c.message_id, s.kind from (${changed}) c
      join (values ('$junk', 'spam'), ('$notjunk', 'ham')) s(word, kind)
        on s.word = any(c.keywords) and not s.word = any(c.had)`,
  );
}

/** Queues messages of an account that came with keywords which say something about spam. */
export async function learnFromDelivered(
  tx: TenantTx,
  accountId: AccountId,
  emailIds: readonly EmailId[],
): Promise<void> {
  await learnFromKeywords(
    tx,
    tx`select message_id, keywords, '{}'::text[] as had from placements
      where tenant_id = ${tx.tenantId} and account_id = ${accountId} and email_id = any(${[...emailIds]}::uuid[])`,
  );
}

/** Has an email taught that leaves `from` and stays in `stays`, if one of them is Junk. */
export async function learnFromLeaving(
  tx: TenantTx,
  accountId: AccountId,
  emailId: EmailId,
  from: MailboxId,
  stays: MailboxId,
): Promise<void> {
  const moved = tx`
    select message_id from placements where tenant_id = ${tx.tenantId} and account_id = ${accountId}
      and mailbox_id = ${from} and email_id = ${emailId}`;
  await learnFromMove(tx, accountId, { from, to: stays, moved });
}

/** Queues one stored message. */
export async function queueLearning(tx: TenantTx, blobId: BlobId, kind: LearnKind): Promise<void> {
  await tx`
    insert into learn_queue as q (tenant_id, blob_id, kind, due_at, changed_at)
    select tenant_id, id, ${kind}, now(), now() from blobs where tenant_id = ${tx.tenantId} and id = ${blobId}
    on conflict (tenant_id, blob_id) do update
      set kind = excluded.kind, attempts = 0, changed_at = excluded.changed_at,
        due_at = case when q.taught is distinct from excluded.kind then excluded.due_at end
      where q.kind <> excluded.kind`;
}

const at = (ms: number): string => new Date(ms).toISOString();

/** The tenants that have something to teach. Times are milliseconds since the epoch. */
export async function findLearningTenants(tx: SystemTx, now: number): Promise<TenantId[]> {
  const rows = await tx<{ tenantId: TenantId }[]>`
    select distinct tenant_id as "tenantId" from learn_queue where due_at <= ${at(now)}`;
  return rows.map((row) => row.tenantId);
}

/** The tenants of which something was said before a moment, and nothing new of the same messages since. */
export async function findTaughtTenants(tx: SystemTx, before: number): Promise<TenantId[]> {
  const rows = await tx<{ tenantId: TenantId }[]>`
    select distinct tenant_id as "tenantId" from learn_queue where changed_at < ${at(before)}`;
  return rows.map((row) => row.tenantId);
}

/** One thing to teach. */
export interface Lesson {
  readonly blobId: BlobId;
  readonly size: number;
  readonly kind: LearnKind;
  /** including this one */
  readonly attempts: number;
}

/** Takes what is due; until `until` nobody else does. */
export async function leaseLessons(
  tx: TenantTx,
  { now, until, limit }: { readonly now: number; readonly until: number; readonly limit: number },
): Promise<Lesson[]> {
  return tx<Lesson[]>`
    update learn_queue q set due_at = ${at(until)}, attempts = q.attempts + 1
    from (select l.blob_id, b.size from learn_queue l join blobs b on b.tenant_id = l.tenant_id and b.id = l.blob_id
      where l.tenant_id = ${tx.tenantId} and l.due_at <= ${at(now)} order by l.due_at limit ${limit}
      for update of l skip locked) due
    where q.tenant_id = ${tx.tenantId} and q.blob_id = due.blob_id
    returning q.blob_id as "blobId", due.size, q.kind, q.attempts`;
}

/** Writes down what came of a lesson, unless somebody said something else meanwhile.
 * @param dueAt when to try again; null: it is learned, or given up */
export async function finishLesson(
  tx: TenantTx,
  { blobId, kind }: Pick<Lesson, "blobId" | "kind">,
  { isLearned, dueAt }: { readonly isLearned: boolean; readonly dueAt: number | null },
): Promise<void> {
  // What has been learned is true also when it is no longer the last word: then that is still to be taught.
  await tx`
    update learn_queue set taught = case when ${isLearned} then ${kind} else taught end,
      due_at = case when kind = ${kind} then ${dueAt === null ? null : at(dueAt)}::timestamptz
        when ${isLearned} then now() else due_at end
    where tenant_id = ${tx.tenantId} and blob_id = ${blobId}`;
}

/** Forgets what was said before a moment, taught or not. @returns how many */
export async function deleteLessons(tx: TenantTx, before: number): Promise<number> {
  const rows = await tx`
    delete from learn_queue where tenant_id = ${tx.tenantId} and changed_at < ${at(before)} returning 1`;
  return rows.length;
}
