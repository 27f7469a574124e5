import type { PendingQuery, Row } from "postgres";
import type { Db, TenantStatement, TenantTx } from "../db/index.ts";
import type { EmailId, MailboxId, TenantId, ThreadId } from "../kernel/id.ts";
import { FLAG } from "./flags.ts";
import { unpackUids } from "./packed-uids.ts";
import { SEARCH_KEYS_FORM } from "./search-keys.ts";
import { type UidRange, uidIn } from "./uid-in.store.ts";

/** What PostgreSQL can tell of a placement without opening the message. Times are milliseconds since the epoch. */
export type PlacementCondition =
  | { readonly is: "all" | "any"; readonly of: readonly PlacementCondition[] }
  | { readonly is: "not"; readonly of: PlacementCondition }
  | { readonly is: "uids"; readonly uids: readonly UidRange[] }
  /** Has every one of these flags. */
  | { readonly is: "bits"; readonly bits: number }
  /** lower-case */
  | { readonly is: "keyword"; readonly keyword: string }
  /** `from` is included, `until` is not. */
  | { readonly is: "received" | "saved"; readonly from?: number; readonly until?: number }
  | { readonly is: "size"; readonly above?: number; readonly below?: number }
  | { readonly is: "changed"; readonly sinceModseq: number }
  | { readonly is: "email"; readonly id: EmailId }
  | { readonly is: "thread"; readonly id: ThreadId }
  /** The day of the Date field in its own zone, as the first moment of that day in UTC; that of receipt when there is none.
   * Unknown when the message has no search keys yet. */
  | { readonly is: "sent-day"; readonly from?: number; readonly until?: number }
  /** In the decoded and folded text of a header field. Unknown when the message has no search keys yet. */
  | { readonly is: "header"; readonly field: SearchedField; readonly holds: string }
  /** Only the message itself can tell. */
  | { readonly is: "unknown" };

/** What there are search keys of. */
export type SearchedField = "from" | "to" | "cc" | "bcc" | "subject";

type Fragment = PendingQuery<Row[]>;
type Sql = TenantTx | Parameters<TenantStatement<Row[]>>[0];

function joined(tx: Sql, of: readonly PlacementCondition[], all: boolean): Fragment {
  return of
    .map((one) => conditionSql(tx, one))
    .reduce((sum, one) => (all ? tx`${sum} and ${one}` : tx`${sum} or ${one}`), all ? tx`true` : tx`false`);
}

function timeSql(tx: Sql, column: Fragment, from: number | undefined, until: number | undefined): Fragment {
  const after = from === undefined ? tx`true` : tx`${column} >= to_timestamp(${from / 1_000}::float8)`;
  return until === undefined ? after : tx`${after} and ${column} < to_timestamp(${until / 1_000}::float8)`;
}

const FIELD_COLUMNS: Readonly<Record<SearchedField, string>> = {
  from: "from_text",
  to: "to_text",
  cc: "cc_text",
  bcc: "bcc_text",
  subject: "subject",
};

/** The day as PostgreSQL's date, from its first moment in UTC. */
const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function daySql(tx: Sql, from: number | undefined, until: number | undefined): Fragment {
  const day = tx`coalesce(k.sent_day, (p.received_at at time zone 'UTC')::date)`;
  const after = from === undefined ? tx`true` : tx`${day} >= ${dateOf(from)}::date`;
  const before = until === undefined ? tx`true` : tx`${day} < ${dateOf(until)}::date`;
  return tx`(case when k.message_id is not null then ${after} and ${before} end)`;
}

function conditionSql(tx: Sql, condition: PlacementCondition): Fragment {
  switch (condition.is) {
    case "all":
    case "any":
      return tx`(${joined(tx, condition.of, condition.is === "all")})`;
    case "not":
      return condition.of.is === "bits" && condition.of.bits === FLAG.seen
        ? tx`(p.flags & 1 = 0)`
        : tx`not ${conditionSql(tx, condition.of)}`;
    case "uids":
      return tx`(${uidIn(tx, condition.uids)})`;
    case "bits":
      // Written out, these have an index of their own.
      if (condition.bits === FLAG.flagged) return tx`(p.flags & 4 <> 0)`;
      if (condition.bits === FLAG.deleted) return tx`(p.flags & 8 <> 0)`;
      return tx`(p.flags & ${condition.bits}::smallint = ${condition.bits}::smallint)`;
    case "keyword":
      return tx`(p.keywords @> array[${condition.keyword}::text])`;
    case "received":
      return tx`(${timeSql(tx, tx`p.received_at`, condition.from, condition.until)})`;
    case "saved":
      return tx`(${timeSql(tx, tx`p.saved_at`, condition.from, condition.until)})`;
    case "size":
      return tx`(p.size > ${condition.above ?? -1} and p.size < ${condition.below ?? Number.MAX_SAFE_INTEGER})`;
    case "changed":
      return tx`(p.modseq >= ${condition.sinceModseq})`;
    case "email":
      return tx`(p.email_id = ${condition.id})`;
    case "thread":
      return tx`(p.thread_id = ${condition.id})`;
    case "sent-day":
      return daySql(tx, condition.from, condition.until);
    case "header":
      return tx`(strpos(k.${tx(FIELD_COLUMNS[condition.field])}, ${condition.holds}) > 0)`;
    case "unknown":
      break;
  }
  return tx`null::boolean`;
}

/** Whether a condition can be unknown: then it needs the search keys, or the message itself. */
function isOpen(condition: PlacementCondition): boolean {
  if (condition.is === "all" || condition.is === "any") return condition.of.some(isOpen);
  if (condition.is === "not") return isOpen(condition.of);
  return condition.is === "sent-day" || condition.is === "header" || condition.is === "unknown";
}

function needsKeys(condition: PlacementCondition): boolean {
  if (condition.is === "all" || condition.is === "any") return condition.of.some(needsKeys);
  if (condition.is === "not") return needsKeys(condition.of);
  return condition.is === "sent-day" || condition.is === "header";
}

const keysSql = (tx: Sql, condition: PlacementCondition): Fragment =>
  needsKeys(condition)
    ? tx`left join search_keys k on k.tenant_id = p.tenant_id and k.message_id = p.message_id and k.form = ${SEARCH_KEYS_FORM}`
    : tx``;

/** @param tenant its id, or a column that has it */
function matchesSql(
  tx: Sql,
  tenant: TenantId | Fragment,
  mailboxId: MailboxId,
  condition: PlacementCondition,
): Fragment {
  return tx`placements p ${keysSql(tx, condition)}
    where p.tenant_id = ${tenant} and p.mailbox_id = ${mailboxId} and ${conditionSql(tx, condition)}`;
}

const packedUids = (tx: Sql): Fragment =>
  tx`int4send((p.uid - case when p.uid > 2147483647 then 4294967296 else 0 end)::int)`;

/** UIDs that meet a condition, and those of which PostgreSQL alone can't tell; both ascending. */
export interface SearchedUids {
  readonly sure: Uint32Array;
  readonly maybe: Uint32Array;
}

/** Searches a mailbox. PostgreSQL's own logic of three values keeps apart what is so, what is not, and what is unknown. */
export async function searchPlacements(
  tx: TenantTx,
  mailboxId: MailboxId,
  condition: PlacementCondition,
): Promise<SearchedUids> {
  const [row] = await tx<PackedSearch[]>`${searchSql(tx, tx.tenantId, mailboxId, condition)}`;
  return unpackedSearch(row);
}

/** The same as a transaction of its own, in one round trip. */
export async function searchPlacementsAtOnce(
  db: Db,
  tenantId: TenantId,
  mailboxId: MailboxId,
  condition: PlacementCondition,
): Promise<SearchedUids> {
  const [row] = await db.tenantStatement<PackedSearch[]>(
    tenantId,
    (sql, scope) => sql`
    select f.* from ${scope} s cross join lateral (${searchSql(sql, sql`s.tenant`, mailboxId, condition)}) f`,
  );
  return unpackedSearch(row);
}

interface PackedSearch {
  readonly sure: Uint8Array | null;
  readonly maybe: Uint8Array | null;
}

const unpackedSearch = (row: PackedSearch | undefined): SearchedUids => ({
  sure: unpackUids(row?.sure),
  maybe: unpackUids(row?.maybe),
});

function searchSql(
  tx: Sql,
  tenant: TenantId | Fragment,
  mailboxId: MailboxId,
  condition: PlacementCondition,
): Fragment {
  const parts = flattened(condition);
  const open = parts.filter(isOpen);
  // What is certain stands alone, where indexes serve it.
  const certain: PlacementCondition = { is: "all", of: parts.filter((one) => !isOpen(one)) };
  if (open.length === 0)
    return tx`
      select string_agg(${packedUids(tx)}, ''::bytea order by p.uid) as sure, null::bytea as maybe
      from ${matchesSql(tx, tenant, mailboxId, certain)}`;
  const rest: PlacementCondition = { is: "all", of: open };
  return tx`
    select string_agg(${packedUids(tx)}, ''::bytea order by p.uid) filter (where p.holds) as sure,
      string_agg(${packedUids(tx)}, ''::bytea order by p.uid) filter (where p.holds is null) as maybe
    from (select p.uid, ${conditionSql(tx, rest)} as holds from placements p ${keysSql(tx, rest)}
      where p.tenant_id = ${tenant} and p.mailbox_id = ${mailboxId} and ${conditionSql(tx, certain)}) p
    where p.holds is not false`;
}

function flattened(condition: PlacementCondition): PlacementCondition[] {
  return condition.is === "all" ? condition.of.flatMap(flattened) : [condition];
}

/** The UIDs of a mailbox that meet a condition, ascending, packed. */
export async function searchUids(
  tx: TenantTx,
  mailboxId: MailboxId,
  condition: PlacementCondition,
): Promise<Uint32Array> {
  const [row] = await tx<{ uids: Uint8Array | null }[]>`
    select string_agg(${packedUids(tx)}, ''::bytea order by p.uid) as uids
    from ${matchesSql(tx, tx.tenantId, mailboxId, condition)}`;
  return unpackUids(row?.uids);
}

/** How many placements of a mailbox meet a condition. */
export async function countPlacements(
  tx: TenantTx,
  mailboxId: MailboxId,
  condition: PlacementCondition,
): Promise<number> {
  const [row] = await tx<
    { count: number }[]
  >`select count(*) as count from ${matchesSql(tx, tx.tenantId, mailboxId, condition)}`;
  return row?.count ?? 0;
}
