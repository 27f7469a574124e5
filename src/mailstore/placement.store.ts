import type { Db, TenantStatement, TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, EmailId, MailboxId, MessageId, TenantId, ThreadId } from "../kernel/id.ts";
import { saysKind } from "./learn-kind.ts";
import { learnFromKeywords, learnFromMove } from "./learn-queue.store.ts";
import { bumpModseq } from "./modseq.store.ts";
import { type UidRange, uidIn } from "./uid-in.store.ts";

/** A message in a mailbox. Times are milliseconds since the epoch. */
export interface Placement {
  readonly mailboxId: MailboxId;
  readonly uid: number;
  readonly emailId: EmailId;
  readonly messageId: MessageId;
  readonly threadId: ThreadId;
  /** see `FLAG` */
  readonly bits: number;
  readonly keywords: readonly string[];
  readonly size: number;
  readonly receivedAt: number;
  readonly savedAt: number;
  readonly modseq: number;
}

export const ALL_UIDS: readonly UidRange[] = [{ lo: 1, hi: 4_294_967_295 }];

const columns = (tx: TenantTx | Parameters<TenantStatement<Placement[]>>[0]) => tx`
  p.mailbox_id as "mailboxId", p.uid, p.email_id as "emailId", p.message_id as "messageId", p.thread_id as "threadId",
  p.flags as bits, p.keywords, p.size, (extract(epoch from p.received_at) * 1000)::bigint as "receivedAt",
  (extract(epoch from p.saved_at) * 1000)::bigint as "savedAt", p.modseq`;

/** Placements of a mailbox by UID, ascending, at most `limit`: go on after the last one's UID. */
export async function listPlacements(
  tx: TenantTx,
  mailboxId: MailboxId,
  uids: readonly UidRange[],
  limit = 1_000,
): Promise<Placement[]> {
  return tx<Placement[]>`
    select ${columns(tx)} from placements p
    where p.tenant_id = ${tx.tenantId} and p.mailbox_id = ${mailboxId} and ${uidIn(tx, uids)} order by p.uid limit ${limit}`;
}

/** Of some placements of a mailbox those that changed after a counter, by UID. */
export async function listChangedIn(
  tx: TenantTx,
  mailboxId: MailboxId,
  uids: readonly UidRange[],
  since: number,
): Promise<Pick<Placement, "uid" | "modseq">[]> {
  return tx<Pick<Placement, "uid" | "modseq">[]>`
    select p.uid, p.modseq from placements p
    where p.tenant_id = ${tx.tenantId} and p.mailbox_id = ${mailboxId} and ${uidIn(tx, uids)} and p.modseq > ${since} order by p.uid`;
}

export interface FlagChange {
  readonly op: "add" | "remove" | "replace";
  readonly bits: number;
  /** lower-case */
  readonly keywords: readonly string[];
  /** Leaves alone what changed after this counter (RFC 7162 UNCHANGEDSINCE). */
  readonly unchangedSince?: number;
  /** Leaves alone all other flags; absent: it may change any. */
  readonly within?: FlagMask;
}

/** Some of the flags: bits of `FLAG`, and all keywords or none. */
export interface FlagMask {
  readonly bits: number;
  readonly keywords: boolean;
}

const ALL_FLAGS: FlagMask = { bits: 31, keywords: true };

/** Which placements of the account a change is for. */
export type PlacementSelection =
  | { readonly mailboxId: MailboxId; readonly uids: readonly UidRange[] }
  | { readonly emailIds: readonly EmailId[] };

const selected = (tx: TenantTx, selection: PlacementSelection) =>
  "emailIds" in selection
    ? tx`p.email_id = any(${[...selection.emailIds]}::uuid[])`
    : tx`p.mailbox_id = ${selection.mailboxId} and ${uidIn(tx, selection.uids)}`;

/** Changes flags; only what really changes gets a new MODSEQ.
 * @returns the changed placements, with the counter they got
 * @throws {MailError} account_unknown */
export async function storeFlags(
  tx: TenantTx,
  accountId: AccountId,
  selection: PlacementSelection,
  change: FlagChange,
): Promise<Placement[]> {
  const modseq = await bumpModseq(tx, accountId);
  const within = change.within ?? ALL_FLAGS;
  const words = within.keywords ? [...change.keywords].toSorted() : [];
  const named = change.bits & within.bits;
  const bits =
    change.op === "add"
      ? tx`p.flags | ${named}::smallint`
      : change.op === "remove"
        ? tx`p.flags & ~(${named}::smallint)`
        : tx`(p.flags & ~(${within.bits}::smallint)) | ${named}::smallint`;
  const keywords =
    change.op === "replace" && within.keywords
      ? tx`${words}::text[]`
      : words.length === 0 || change.op === "replace"
        ? tx`p.keywords`
        : change.op === "add"
          ? tx`array(select w from unnest(p.keywords) w union select w from unnest(${words}::text[]) w order by w)`
          : tx`array(select w from unnest(p.keywords) w except select w from unnest(${words}::text[]) w order by w)`;
  const learned =
    change.op === "remove" || !saysKind(words)
      ? tx``
      : tx`, learned as (${learnFromKeywords(tx, tx`select message_id, keywords, had from changed`)})`;
  const unchanged = change.unchangedSince === undefined ? tx`` : tx`and p.modseq <= ${change.unchangedSince}`;
  return tx<Placement[]>`
    with changed as (
      update placements p set flags = ${bits}, keywords = ${keywords}, modseq = ${modseq}
      where p.tenant_id = ${tx.tenantId} and p.account_id = ${accountId} and ${selected(tx, selection)} ${unchanged}
        and (p.flags, p.keywords) is distinct from (${bits}, ${keywords})
      returning p.*, old.flags as was, old.keywords as had
    ), counted as (
      update mailboxes m set unseen = m.unseen + d.delta, content_modseq = ${modseq}
      from (select mailbox_id, sum((was & 1) - (flags & 1)) as delta from changed group by mailbox_id) d
      where m.tenant_id = ${tx.tenantId} and m.id = d.mailbox_id
    )${learned} select ${columns(tx)} from changed p order by p.mailbox_id, p.uid`;
}

/** The same for the messages of one range of UIDs, as a transaction of its own in one round trip. Not for keywords that say what kind
 * of mail it is: from those is learned.
 * @returns the changed placements, and which counter each had before */
export async function storeFlagsAtOnce(
  db: Db,
  tenantId: TenantId,
  { accountId, mailboxId, uids }: { accountId: AccountId; mailboxId: MailboxId; uids: UidRange },
  { op, bits, keywords, within = ALL_FLAGS }: FlagChange,
): Promise<(Placement & { readonly was: number })[]> {
  const words = within.keywords ? [...keywords].toSorted() : [];
  return db.tenantStatement<(Placement & { was: number })[]>(
    tenantId,
    (sql, scope) => sql`
    select ${columns(sql)}, p.was from ${scope} s cross join lateral store_flags(s.tenant, ${accountId}, ${mailboxId}, ${uids.lo},
      ${uids.hi}, ${op}, ${bits & within.bits}::smallint, ${words}::text[], ${within.bits}::smallint, ${within.keywords}) p
    order by p.uid`,
  );
}

/** Hides placements: they leave the mailbox and the quota, and stay in the memory of expunged UIDs and under retention.
 * @returns what went, with the new change counter
 * @throws {MailError} account_unknown */
export async function expunge(
  tx: TenantTx,
  accountId: AccountId,
  selection: PlacementSelection,
  only: "deleted" | "all",
): Promise<Placement[]> {
  const modseq = await bumpModseq(tx, accountId);
  const marked = only === "deleted" ? tx`and p.flags & 8 <> 0` : tx``;
  return tx<Placement[]>`
    with gone as (
      delete from placements p
      where p.tenant_id = ${tx.tenantId} and p.account_id = ${accountId} and ${selected(tx, selection)} ${marked}
      returning *
    ), kept as (
      insert into expunged (tenant_id, account_id, mailbox_id, uid, email_id, message_id, thread_id, flags, keywords,
        received_at, email_modseq, modseq)
      select tenant_id, account_id, mailbox_id, uid, email_id, message_id, thread_id, flags, keywords, received_at,
        email_modseq, ${modseq} from gone
    ), counted as (
      update mailboxes m set total = m.total - d.total, unseen = m.unseen - d.unseen,
        total_bytes = m.total_bytes - d.bytes, content_modseq = ${modseq}
      from (select mailbox_id, count(*) as total, count(*) filter (where flags & 1 = 0) as unseen, sum(size) as bytes
        from gone group by mailbox_id) d
      where m.tenant_id = ${tx.tenantId} and m.id = d.mailbox_id
    ), freed as (
      update accounts set used_bytes = used_bytes - (select sum(size) from gone)
      where tenant_id = ${tx.tenantId} and id = ${accountId} and exists (select from gone)
    ) select ${columns(tx)} from (select * from gone) p order by p.mailbox_id, p.uid`;
}

/** One message that was copied or moved. */
export interface Copied {
  readonly from: number;
  readonly to: number;
}

export interface CopyOptions {
  readonly ignoreQuota?: boolean;
  /** Flags that come along; absent: all. */
  readonly flags?: FlagMask;
}

/** Copies placements into another mailbox of the account, in the order of their UIDs, with flags and dates.
 * The copies are the same JMAP Emails.
 * @throws {MailError} mailbox_unknown, quota_exceeded */
export async function copyPlacements(
  tx: TenantTx,
  accountId: AccountId,
  from: { readonly mailboxId: MailboxId; readonly uids: readonly UidRange[] },
  to: MailboxId,
  options: CopyOptions = {},
): Promise<Copied[]> {
  const { flags } = options;
  const bits = flags === undefined ? tx`p.flags` : tx`(p.flags & ${flags.bits}::smallint)`;
  const modseq = await bumpModseq(tx, accountId);
  const [sum] = await tx<{ count: number; bytes: number; unseen: number; fits: boolean }[]>`
    select count(p.uid) as count, coalesce(sum(p.size), 0)::bigint as bytes,
      count(p.uid) filter (where ${bits} & 1 = 0) as unseen,
      (select a.used_bytes + coalesce(sum(p.size), 0) <= a.quota_bytes from accounts a
        where a.tenant_id = ${tx.tenantId} and a.id = ${accountId}) as fits
    from placements p where p.tenant_id = ${tx.tenantId} and p.account_id = ${accountId}
      and p.mailbox_id = ${from.mailboxId} and ${uidIn(tx, from.uids)}`;
  if (sum === undefined || sum.count === 0) return [];
  if (!sum.fits && options.ignoreQuota !== true) throw new MailError("quota_exceeded", { accountId });
  const [target] = await tx<{ first: number }[]>`
    update mailboxes set uid_next = uid_next + ${sum.count}, total = total + ${sum.count}, unseen = unseen + ${sum.unseen},
      total_bytes = total_bytes + ${sum.bytes}, content_modseq = ${modseq}
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and id = ${to} returning old.uid_next as first`;
  if (target === undefined) throw new MailError("mailbox_unknown", { id: to });
  const copied = await tx<Copied[]>`
    with source as (
      select p.*, ${bits} as new_flags, ${target.first} - 1 + row_number() over (order by p.uid) as new_uid
      from placements p where p.tenant_id = ${tx.tenantId} and p.account_id = ${accountId}
        and p.mailbox_id = ${from.mailboxId} and ${uidIn(tx, from.uids)}
    ), added as (
      insert into placements (tenant_id, account_id, mailbox_id, uid, email_id, message_id, thread_id, flags, keywords, size,
        received_at, modseq, created_modseq, email_modseq)
      select tenant_id, account_id, ${to}, new_uid, email_id, message_id, thread_id, new_flags,
        ${flags?.keywords === false ? tx`'{}'` : tx`keywords`}, size, received_at, ${modseq}, ${modseq}, email_modseq from source
    ), learned as (
      ${learnFromMove(tx, accountId, { from: from.mailboxId, to, moved: tx`select message_id from source` })}
    ) select uid as from, new_uid as to from source order by uid`;
  await tx`update accounts set used_bytes = used_bytes + ${sum.bytes} where tenant_id = ${tx.tenantId} and id = ${accountId}`;
  return copied;
}

/** Moves placements in one transaction (RFC 6851): nobody sees both, nobody sees neither. Needs no free quota.
 * @throws {MailError} mailbox_unknown */
export async function movePlacements(
  tx: TenantTx,
  accountId: AccountId,
  from: { readonly mailboxId: MailboxId; readonly uids: readonly UidRange[] },
  to: MailboxId,
  options: Pick<CopyOptions, "flags"> = {},
): Promise<Copied[]> {
  const copied = await copyPlacements(tx, accountId, from, to, { ...options, ignoreQuota: true });
  if (copied.length > 0)
    await expunge(
      tx,
      accountId,
      { mailboxId: from.mailboxId, uids: copied.map((one) => ({ lo: one.from, hi: one.from })) },
      "all",
    );
  return copied;
}
