import type { PendingQuery, Row } from "postgres";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, EmailId, MailboxId, MessageId, ThreadId } from "../kernel/id.ts";
import type { Flags } from "./flags.ts";
import { learnFromLeaving } from "./learn-queue.store.ts";
import { copyPlacements, expunge, storeFlags } from "./placement.store.ts";
import { wholeModseqs } from "./whole-modseqs.ts";

/** One message of an account, wherever it is placed (JMAP Email). Times are milliseconds since the epoch. */
export interface Email {
  readonly id: EmailId;
  readonly messageId: MessageId;
  readonly threadId: ThreadId;
  readonly mailboxIds: readonly MailboxId[];
  /** \Seen only when every placement has it, other flags when any has: RFC 8621 §4.1.1 */
  readonly flags: Flags;
  readonly size: number;
  readonly receivedAt: number;
}

interface EmailRow {
  readonly id: EmailId;
  readonly messageId: MessageId;
  readonly threadId: ThreadId;
  readonly mailboxIds: readonly MailboxId[];
  readonly anyBits: number;
  readonly allBits: number;
  readonly keywords: readonly string[];
  readonly size: number;
  readonly receivedAt: number;
}

/** @returns those that the account has, in no order */
export async function readEmails(
  tx: TenantTx,
  accountId: AccountId,
  ids: readonly EmailId[],
): Promise<Email[]> {
  const rows = await tx<EmailRow[]>`
    select p.email_id as id, (array_agg(p.message_id))[1] as "messageId", (array_agg(p.thread_id))[1] as "threadId",
      array_agg(distinct p.mailbox_id) as "mailboxIds", bit_or(p.flags) as "anyBits", bit_and(p.flags) as "allBits",
      array(select distinct w from placements q, unnest(q.keywords) w
        where q.tenant_id = ${tx.tenantId} and q.account_id = ${accountId} and q.email_id = p.email_id order by w) as keywords,
      max(p.size) as size, (extract(epoch from min(p.received_at)) * 1000)::bigint as "receivedAt"
    from placements p
    where p.tenant_id = ${tx.tenantId} and p.account_id = ${accountId} and p.email_id = any(${[...ids]}::uuid[])
    group by p.email_id`;
  return rows.map((row) => ({
    id: row.id,
    messageId: row.messageId,
    threadId: row.threadId,
    mailboxIds: row.mailboxIds,
    flags: { bits: (row.anyBits & ~1) | (row.allBits & 1), keywords: row.keywords },
    size: row.size,
    receivedAt: row.receivedAt,
  }));
}

/** One condition on an email. All that are given must hold (RFC 8621 §4.4.1). */
export interface EmailCondition {
  readonly inMailbox?: MailboxId;
  readonly inMailboxOtherThan?: readonly MailboxId[];
  /** milliseconds since the epoch */
  readonly before?: number;
  readonly after?: number;
  readonly minSize?: number;
  readonly maxSize?: number;
  /** stored keywords: one system flag bit, or one word */
  readonly hasKeyword?: Flags;
  readonly notKeyword?: Flags;
  readonly allInThreadHaveKeyword?: Flags;
  readonly someInThreadHaveKeyword?: Flags;
  readonly noneInThreadHaveKeyword?: Flags;
  readonly hasAttachment?: boolean;
  /** substrings, in any letter case, of decoded text */
  readonly text?: string;
  readonly from?: string;
  readonly to?: string;
  readonly subject?: string;
  /** only these; for conditions that the caller evaluates itself */
  readonly emailIds?: readonly EmailId[];
}

export type EmailFilter =
  | EmailCondition
  | { readonly operator: "AND" | "OR" | "NOT"; readonly conditions: readonly EmailFilter[] };

export type EmailSortProperty = "receivedAt" | "sentAt" | "size" | "subject" | "from" | "to" | "hasKeyword";

export interface EmailSort {
  readonly property: EmailSortProperty;
  readonly isAscending: boolean;
  /** for hasKeyword */
  readonly keyword?: Flags;
}

type Fragment = PendingQuery<Row[]>;

/** A LIKE pattern that finds `text` anywhere. */
const containing = (text: string): string => `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;

const has = (tx: TenantTx, alias: Fragment, flag: Flags): Fragment =>
  flag.bits !== 0
    ? tx`${alias}.flags & ${flag.bits}::smallint <> 0`
    : tx`${alias}.keywords @> ${[...flag.keywords]}::text[]`;

function inThread(tx: TenantTx, flag: Flags, all: boolean): Fragment {
  const wanted = has(tx, tx`q`, flag);
  return tx`exists (select from placements q where q.tenant_id = p.tenant_id and q.account_id = p.account_id
    and q.thread_id = p.thread_id and ${all ? tx`not (${wanted})` : wanted})`;
}

/** @param box the mailbox of the row `p`, when it is fixed */
function conditionSql(tx: TenantTx, condition: EmailCondition, box: MailboxId | undefined): Fragment {
  const all: Fragment[] = [];
  const c = condition;
  // An email in several mailboxes has several rows; another row of it may be in the mailbox that is asked for.
  if (c.inMailbox !== undefined && c.inMailbox !== box)
    all.push(tx`exists (select from placements q where q.tenant_id = p.tenant_id and q.account_id = p.account_id
      and q.email_id = p.email_id and q.mailbox_id = ${c.inMailbox})`);
  if (c.inMailboxOtherThan !== undefined)
    all.push(tx`exists (select from placements q where q.tenant_id = p.tenant_id and q.account_id = p.account_id
      and q.email_id = p.email_id and q.mailbox_id <> all(${[...c.inMailboxOtherThan]}::uuid[]))`);
  if (c.before !== undefined) all.push(tx`p.received_at < ${new Date(c.before).toISOString()}`);
  if (c.after !== undefined) all.push(tx`p.received_at >= ${new Date(c.after).toISOString()}`);
  if (c.minSize !== undefined) all.push(tx`p.size >= ${c.minSize}`);
  if (c.maxSize !== undefined) all.push(tx`p.size < ${c.maxSize}`);
  if (c.hasKeyword !== undefined) all.push(has(tx, tx`p`, c.hasKeyword));
  if (c.notKeyword !== undefined) all.push(tx`not (${has(tx, tx`p`, c.notKeyword)})`);
  if (c.allInThreadHaveKeyword !== undefined)
    all.push(tx`not ${inThread(tx, c.allInThreadHaveKeyword, true)}`);
  if (c.someInThreadHaveKeyword !== undefined) all.push(inThread(tx, c.someInThreadHaveKeyword, false));
  if (c.noneInThreadHaveKeyword !== undefined)
    all.push(tx`not ${inThread(tx, c.noneInThreadHaveKeyword, false)}`);
  if (c.hasAttachment !== undefined) all.push(tx`m.has_attachment = ${c.hasAttachment}::boolean`);
  if (c.subject !== undefined) all.push(tx`m.subject ilike ${containing(c.subject)}`);
  if (c.from !== undefined) all.push(tx`m.sender ilike ${containing(c.from)}`);
  if (c.to !== undefined) all.push(tx`m.recipients ilike ${containing(c.to)}`);
  if (c.text !== undefined) {
    const pattern = containing(c.text);
    all.push(
      tx`(m.subject ilike ${pattern} or m.sender ilike ${pattern} or m.recipients ilike ${pattern} or m.preview ilike ${pattern})`,
    );
  }
  if (c.emailIds !== undefined) all.push(tx`p.email_id = any(${[...c.emailIds]}::uuid[])`);
  return all.reduce((sum, one) => tx`${sum} and ${one}`, tx`true`);
}

function filterSql(tx: TenantTx, filter: EmailFilter, box: MailboxId | undefined): Fragment {
  if (!("operator" in filter)) return conditionSql(tx, filter, box);
  const parts = filter.conditions.map((one) => tx`(${filterSql(tx, one, box)})`);
  if (filter.operator === "AND") return parts.reduce((sum, one) => tx`${sum} and ${one}`, tx`true`);
  const any = parts.reduce((sum, one) => tx`${sum} or ${one}`, tx`false`);
  return filter.operator === "OR" ? any : tx`not (${any})`;
}

function needsMessage(filter: EmailFilter): boolean {
  if ("operator" in filter) return filter.conditions.some(needsMessage);
  const { hasAttachment, subject, from, to, text } = filter;
  return [hasAttachment, subject, from, to, text].some((value) => value !== undefined);
}

function sortSql(tx: TenantTx, sort: EmailSort): Fragment {
  const key = {
    receivedAt: () => tx`p.received_at`,
    sentAt: () => tx`coalesce(m.sent_at, p.received_at)`,
    size: () => tx`p.size`,
    subject: () => tx`lower(m.subject)`,
    from: () => tx`lower(ltrim(m.sender, '<'))`,
    to: () => tx`lower(ltrim(m.recipients, '<'))`,
    hasKeyword: () => has(tx, tx`p`, sort.keyword ?? { bits: 0, keywords: [] }),
  }[sort.property]();
  return sort.isAscending ? tx`${key} asc` : tx`${key} desc`;
}

/** A mailbox that every match must be in, so that its index can be walked. */
function mailboxOf(filter: EmailFilter): MailboxId | undefined {
  if (!("operator" in filter)) return filter.inMailbox;
  if (filter.operator !== "AND") return undefined;
  return filter.conditions.map(mailboxOf).find((id) => id !== undefined);
}

/** Nothing is asked but the mailbox. */
const isWholeMailbox = (filter: EmailFilter): boolean =>
  !("operator" in filter) &&
  filter.inMailbox !== undefined &&
  Object.values(filter).filter((value) => value !== undefined).length === 1;

export interface EmailQuery {
  readonly filter: EmailFilter;
  /** empty: newest first */
  readonly sort: readonly EmailSort[];
  readonly collapseThreads: boolean;
  /** from 0 */
  readonly position: number;
  readonly limit: number;
}

/** Emails of an account that match, each once, in order.
 * A page of a mailbox by date costs the same in a small and in a large one. */
export async function queryEmails(
  tx: TenantTx,
  accountId: AccountId,
  query: EmailQuery,
): Promise<{ id: EmailId; threadId: ThreadId }[]> {
  const { filter, position, limit, collapseThreads } = query;
  // Newest first is the order of the index.
  const [only, ...more] = query.sort;
  const sort = only?.property === "receivedAt" && !only.isAscending && more.length === 0 ? [] : query.sort;
  const box = mailboxOf(filter);
  const order = sort
    .map((one) => sortSql(tx, one))
    .reduce<Fragment | undefined>((sum, one) => (sum ? tx`${sum}, ${one}` : one), undefined);
  const orderSql =
    order === undefined ? tx`p.received_at desc, p.email_id` : tx`${order}, p.received_at desc, p.email_id`;
  const joins =
    needsMessage(filter) || sort.some((one) => ["sentAt", "subject", "from", "to"].includes(one.property));
  const where = tx`p.tenant_id = ${tx.tenantId} and p.account_id = ${accountId}
    ${box === undefined ? tx`` : tx`and p.mailbox_id = ${box}`} and ${filterSql(tx, filter, box)}`;
  const message = joins ? tx`join messages m on m.tenant_id = p.tenant_id and m.id = p.message_id` : tx``;
  // Each email once: of its rows the one in the mailbox that was asked for, else the lowest. Each thread once: its first match.
  const once =
    box === undefined
      ? tx`and not exists (select from placements q where q.tenant_id = p.tenant_id and q.account_id = p.account_id
          and q.email_id = p.email_id and (q.mailbox_id, q.uid) < (p.mailbox_id, p.uid))`
      : tx`and not exists (select from placements q where q.tenant_id = p.tenant_id and q.account_id = p.account_id
          and q.email_id = p.email_id and q.mailbox_id = p.mailbox_id and q.uid < p.uid)`;
  // A walk down the dates, which ends with the page.
  const isWalk = box !== undefined && sort.length === 0 && isWholeMailbox(filter);
  if (isWalk && !collapseThreads)
    return walked(
      tx,
      tx<{ id: EmailId; threadId: ThreadId }[]>`
      select p.email_id as id, p.thread_id as "threadId" from placements p
      where ${where} and (select q.uid from placements q where q.tenant_id = p.tenant_id and q.account_id = p.account_id
        and q.email_id between p.email_id and p.email_id and q.mailbox_id = p.mailbox_id and q.uid < p.uid
        order by q.email_id limit 1) is null
      order by ${orderSql} limit ${limit} offset ${position}`,
    );
  if (!collapseThreads)
    return tx<{ id: EmailId; threadId: ThreadId }[]>`
      select p.email_id as id, p.thread_id as "threadId" from placements p ${message}
      where ${where} ${once} order by ${orderSql} limit ${limit} offset ${position}`;
  // The usual list of conversations: each row asks whether its thread has come already.
  if (isWalk)
    return walked(
      tx,
      tx<{ id: EmailId; threadId: ThreadId }[]>`
      select p.email_id as id, p.thread_id as "threadId" from placements p
      where ${where} and (select q.uid from placements q where q.tenant_id = p.tenant_id and q.account_id = p.account_id
        and q.thread_id between p.thread_id and p.thread_id and q.mailbox_id = p.mailbox_id
        and (q.received_at > p.received_at or (q.received_at = p.received_at and (q.email_id, q.uid) < (p.email_id, p.uid)))
        order by q.thread_id limit 1) is null
      order by ${orderSql} limit ${limit} offset ${position}`,
    );
  return tx<{ id: EmailId; threadId: ThreadId }[]>`
    select id, "threadId" from (
      select p.email_id as id, p.thread_id as "threadId", row_number() over (order by ${orderSql}) as place,
        row_number() over (partition by p.thread_id order by ${orderSql}) as nth
      from placements p ${message} where ${where} ${once}
    ) ranked where nth = 1 order by place limit ${limit} offset ${position}`;
}

/** Runs a walk along an index, whatever the planner knows of the table. Without statistics it takes a mailbox for one row: it reads all of
 * it and sorts, and looks for each email among all of the account. A range of one key, in its order, leaves only the index of that
 * key. Of 20,000 messages that were never analyzed a page took minutes. */
async function walked<T extends readonly Row[]>(tx: TenantTx, walk: PendingQuery<T>): Promise<T> {
  const [, rows] = await Promise.all([allowSorting(tx, "off"), walk, allowSorting(tx, "on")]);
  return rows;
}

const allowSorting = (tx: TenantTx, state: "on" | "off"): PendingQuery<Row[]> =>
  tx`select set_config('enable_sort', ${state}, true), set_config('enable_hashjoin', ${state}, true),
    set_config('enable_mergejoin', ${state}, true)`;

/** Kept with the mailbox, so a large one costs the same. An email that was copied within its mailbox counts twice here. */
async function countOfMailbox(tx: TenantTx, accountId: AccountId, id: MailboxId): Promise<number> {
  const [row] = await tx<{ total: number }[]>`
    select total from mailboxes where tenant_id = ${tx.tenantId} and account_id = ${accountId} and id = ${id}`;
  return row?.total ?? 0;
}

/** How many emails (or threads, when they are collapsed) match. */
export async function countEmails(
  tx: TenantTx,
  accountId: AccountId,
  filter: EmailFilter,
  collapseThreads: boolean,
): Promise<number> {
  const box = mailboxOf(filter);
  if (box !== undefined && !collapseThreads && isWholeMailbox(filter))
    return countOfMailbox(tx, accountId, box);
  const message = needsMessage(filter)
    ? tx`join messages m on m.tenant_id = p.tenant_id and m.id = p.message_id`
    : tx``;
  const [row] = await tx<{ total: number }[]>`
    select count(distinct ${collapseThreads ? tx`p.thread_id` : tx`p.email_id`}) as total from placements p ${message}
    where p.tenant_id = ${tx.tenantId} and p.account_id = ${accountId}
      ${box === undefined ? tx`` : tx`and p.mailbox_id = ${box}`} and ${filterSql(tx, filter, box)}`;
  return row?.total ?? 0;
}

export interface EmailChanges {
  readonly created: readonly EmailId[];
  readonly updated: readonly EmailId[];
  readonly destroyed: readonly EmailId[];
  /** Threads of all of these. */
  readonly threadIds: readonly ThreadId[];
  /** The change counter up to which this list is complete. */
  readonly newModseq: number;
  /** More than `limit` changes: ask again from `newModseq`. If that is still `since`, they can't be told in steps. */
  readonly hasMore: boolean;
}

/** What happened to the emails of an account after `since`, oldest first, at most `limit` of them. */
export async function listEmailChanges(
  tx: TenantTx,
  accountId: AccountId,
  since: number,
  limit: number,
): Promise<EmailChanges> {
  const rows = await tx<{ id: EmailId; threadId: ThreadId; at: number; born: number; alive: boolean }[]>`
    with touched as (
      select email_id, thread_id, email_modseq, modseq from placements
      where tenant_id = ${tx.tenantId} and account_id = ${accountId} and modseq > ${since}
      union all
      select email_id, thread_id, email_modseq, modseq from expunged
      where tenant_id = ${tx.tenantId} and account_id = ${accountId} and modseq > ${since}
    )
    select t.email_id as id, (array_agg(t.thread_id))[1] as "threadId", max(t.modseq) as at, min(t.email_modseq) as born,
      exists (select from placements p where p.tenant_id = ${tx.tenantId} and p.account_id = ${accountId} and p.email_id = t.email_id) as alive
    from touched t group by t.email_id order by at limit ${limit + 1}`;
  const { page, hasMore } = wholeModseqs(rows, limit);
  return {
    created: page.filter((row) => row.alive && row.born > since).map((row) => row.id),
    updated: page.filter((row) => row.alive && row.born <= since).map((row) => row.id),
    // One that came and went in between was never known to the client.
    destroyed: page.filter((row) => !row.alive && row.born <= since).map((row) => row.id),
    threadIds: [...new Set(page.map((row) => row.threadId))],
    newModseq: page.at(-1)?.at ?? since,
    hasMore,
  };
}

/** The emails of each thread, oldest first; unknown threads are left out. */
export async function readThreads(
  tx: TenantTx,
  accountId: AccountId,
  ids: readonly ThreadId[],
): Promise<ReadonlyMap<ThreadId, readonly EmailId[]>> {
  const rows = await tx<{ id: ThreadId; emailIds: EmailId[] }[]>`
    select thread_id as id, array_agg(email_id order by received, email_id) as "emailIds" from (
      select thread_id, email_id, min(received_at) as received from placements
      where tenant_id = ${tx.tenantId} and account_id = ${accountId} and thread_id = any(${[...ids]}::uuid[])
      group by thread_id, email_id
    ) e group by thread_id`;
  return new Map(rows.map((row) => [row.id, row.emailIds]));
}

/** Threads and unread threads of each mailbox (JMAP totalThreads, unreadThreads). It reads the whole mailbox: ask only when asked. */
export async function countThreads(
  tx: TenantTx,
  accountId: AccountId,
): Promise<ReadonlyMap<MailboxId, { readonly total: number; readonly unread: number }>> {
  const rows = await tx<{ id: MailboxId; total: number; unread: number }[]>`
    select p.mailbox_id as id, count(distinct p.thread_id) as total, count(distinct p.thread_id) filter (where exists (
      select from placements q where q.tenant_id = p.tenant_id and q.account_id = p.account_id
        and q.thread_id = p.thread_id and q.flags & 17 = 0)) as unread
    from placements p where p.tenant_id = ${tx.tenantId} and p.account_id = ${accountId} group by p.mailbox_id`;
  return new Map(rows.map(({ id, total, unread }) => [id, { total, unread }]));
}

/** Puts an email into exactly these mailboxes, in one transaction; it keeps its id, flags and dates.
 * @throws {MailError} email_unknown, mailbox_unknown, invalid_input (no mailbox at all: destroy it instead) */
export async function setEmailMailboxes(
  tx: TenantTx,
  accountId: AccountId,
  emailId: EmailId,
  mailboxIds: readonly MailboxId[],
): Promise<void> {
  if (mailboxIds.length === 0) throw new MailError("invalid_input", { emailId, mailboxIds });
  const now = await tx<{ mailboxId: MailboxId; uid: number }[]>`
    select mailbox_id as "mailboxId", uid from placements
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and email_id = ${emailId} order by uid`;
  const [first] = now;
  if (first === undefined) throw new MailError("email_unknown", { emailId });
  const wanted = new Set(mailboxIds);
  const at = [{ lo: first.uid, hi: first.uid }];
  for (const id of wanted)
    if (!now.some((one) => one.mailboxId === id))
      // A move needs no free quota: what leaves gives back what comes.
      await copyPlacements(tx, accountId, { mailboxId: first.mailboxId, uids: at }, id, {
        ignoreQuota: true,
      });
  const left = now.filter((one) => !wanted.has(one.mailboxId));
  const stays = now.find((one) => wanted.has(one.mailboxId));
  for (const { mailboxId, uid } of left) {
    // It was here and elsewhere, and stays there: nothing is copied, and leaving Junk says something all the same.
    if (stays !== undefined) await learnFromLeaving(tx, accountId, emailId, mailboxId, stays.mailboxId);
    await expunge(tx, accountId, { mailboxId, uids: [{ lo: uid, hi: uid }] }, "all");
  }
}

/** Gives an email exactly these flags in all its mailboxes; \Deleted, which JMAP can't see, stays as it is.
 * @throws {MailError} email_unknown */
export async function setEmailFlags(
  tx: TenantTx,
  accountId: AccountId,
  emailId: EmailId,
  flags: Flags,
): Promise<void> {
  const [row] = await tx<{ deleted: number }[]>`
    select bit_or(flags) & 8 as deleted from placements
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and email_id = ${emailId} having count(*) > 0`;
  if (row === undefined) throw new MailError("email_unknown", { emailId });
  const change = { op: "replace" as const, bits: flags.bits | row.deleted, keywords: flags.keywords };
  await storeFlags(tx, accountId, { emailIds: [emailId] }, change);
}
