import type { PendingQuery, Row } from "postgres";
import type { TenantTx } from "../db/index.ts";
import type { EmailId, MailboxId, ThreadId } from "../kernel/id.ts";
import { FLAG } from "./flags.ts";
import { unpackUids } from "./packed-uids.ts";
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
  /** `from` is included, `until` is not. A message without a sensible Date was sent when it was received. */
  | { readonly is: "received" | "saved" | "sent"; readonly from?: number; readonly until?: number }
  | { readonly is: "size"; readonly above?: number; readonly below?: number }
  | { readonly is: "changed"; readonly sinceModseq: number }
  | { readonly is: "email"; readonly id: EmailId }
  | { readonly is: "thread"; readonly id: ThreadId }
  /** May be in the decoded text, ASCII letters in any case. It finds too much rather than too little: text that was
   * cut when it was stored always matches. */
  | { readonly is: "subject" | "sender" | "recipients" | "messageId"; readonly mayHold: string };

type Fragment = PendingQuery<Row[]>;

/** As long as `summarize` keeps of a text. */
const TEXT_MAX = 2_000;

function joined(tx: TenantTx, of: readonly PlacementCondition[], all: boolean): Fragment {
  return of
    .map((one) => conditionSql(tx, one))
    .reduce((sum, one) => (all ? tx`${sum} and ${one}` : tx`${sum} or ${one}`), all ? tx`true` : tx`false`);
}

function timeSql(
  tx: TenantTx,
  column: Fragment,
  from: number | undefined,
  until: number | undefined,
): Fragment {
  const after = from === undefined ? tx`true` : tx`${column} >= to_timestamp(${from / 1_000}::float8)`;
  return until === undefined ? after : tx`${after} and ${column} < to_timestamp(${until / 1_000}::float8)`;
}

function textSql(tx: TenantTx, column: Fragment, text: string): Fragment {
  const pattern = `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  return tx`(${column} ilike ${pattern} or length(${column}) >= ${TEXT_MAX})`;
}

function conditionSql(tx: TenantTx, condition: PlacementCondition): Fragment {
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
    case "sent":
      return tx`(${timeSql(tx, tx`coalesce(m.sent_at, p.received_at)`, condition.from, condition.until)})`;
    case "size":
      return tx`(p.size > ${condition.above ?? -1} and p.size < ${condition.below ?? Number.MAX_SAFE_INTEGER})`;
    case "changed":
      return tx`(p.modseq >= ${condition.sinceModseq})`;
    case "email":
      return tx`(p.email_id = ${condition.id})`;
    case "thread":
      return tx`(p.thread_id = ${condition.id})`;
    case "subject":
    case "sender":
    case "recipients":
      break;
    case "messageId":
      return textSql(tx, tx`coalesce(m.structure #>> '{env,messageId}', '')`, condition.mayHold);
  }
  return textSql(tx, tx`m.${tx(condition.is)}`, condition.mayHold);
}

function needsMessage(condition: PlacementCondition): boolean {
  if (condition.is === "all" || condition.is === "any") return condition.of.some(needsMessage);
  if (condition.is === "not") return needsMessage(condition.of);
  return ["sent", "subject", "sender", "recipients", "messageId"].includes(condition.is);
}

function matchesSql(tx: TenantTx, mailboxId: MailboxId, condition: PlacementCondition): Fragment {
  const message = needsMessage(condition)
    ? tx`join messages m on m.tenant_id = p.tenant_id and m.id = p.message_id`
    : tx``;
  return tx`placements p ${message}
    where p.tenant_id = ${tx.tenantId} and p.mailbox_id = ${mailboxId} and ${conditionSql(tx, condition)}`;
}

/** The UIDs of a mailbox that meet a condition, ascending, packed. */
export async function searchUids(
  tx: TenantTx,
  mailboxId: MailboxId,
  condition: PlacementCondition,
): Promise<Uint32Array> {
  const [row] = await tx<{ uids: Uint8Array | null }[]>`
    select string_agg(int4send((p.uid - case when p.uid > 2147483647 then 4294967296 else 0 end)::int), ''::bytea order by p.uid) as uids
    from ${matchesSql(tx, mailboxId, condition)}`;
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
  >`select count(*) as count from ${matchesSql(tx, mailboxId, condition)}`;
  return row?.count ?? 0;
}

/** The lowest UID that meets a condition. */
export async function findFirstUid(
  tx: TenantTx,
  mailboxId: MailboxId,
  condition: PlacementCondition,
): Promise<number | undefined> {
  const [row] = await tx<{ uid: number }[]>`
    select p.uid from ${matchesSql(tx, mailboxId, condition)} order by p.uid limit 1`;
  return row?.uid;
}
