import type { PendingQuery, Row } from "postgres";
import type { TenantTx } from "../db/index.ts";
import type { MailboxId } from "../kernel/id.ts";
import { unpackUids } from "./packed-uids.ts";
import { SEARCH_KEYS_FORM } from "./search-keys.ts";
import { type UidRange, uidIn } from "./uid-in.store.ts";

/** What messages are sorted by (RFC 5256 §3, RFC 5957). */
export type PlacementSortKey =
  | "arrival"
  | "cc"
  | "date"
  | "display-from"
  | "display-to"
  | "from"
  | "size"
  | "subject"
  | "to";

type Fragment = PendingQuery<Row[]>;

/** Those that need no search keys. */
const OWN_KEYS: ReadonlySet<PlacementSortKey> = new Set(["arrival", "size"]);

const keySql = (tx: TenantTx, key: PlacementSortKey): Fragment =>
  ({
    arrival: tx`p.received_at`,
    cc: tx`k.cc_mailbox`,
    date: tx`coalesce(k.sent_at, p.received_at)`,
    "display-from": tx`k.from_display`,
    "display-to": tx`k.to_display`,
    from: tx`k.from_mailbox`,
    size: tx`p.size`,
    subject: tx`k.base_subject`,
    to: tx`k.to_mailbox`,
  })[key];

const keysJoin = (tx: TenantTx): Fragment =>
  tx`left join search_keys k on k.tenant_id = p.tenant_id and k.message_id = p.message_id and k.form = ${SEARCH_KEYS_FORM}`;

/** Messages of a mailbox in another order. */
export interface SortedUids {
  /** What is equal is in the order of the UIDs, also where a key is reversed. */
  readonly uids: Uint32Array;
  /** How many of them have no search keys yet: then the order is not the right one. */
  readonly keyless: number;
}

/** Sorts messages of a mailbox. It moves four octets a message. */
export async function sortPlacements(
  tx: TenantTx,
  mailboxId: MailboxId,
  uids: readonly UidRange[],
  by: readonly { readonly key: PlacementSortKey; readonly isReverse: boolean }[],
): Promise<SortedUids> {
  const needsKeys = by.some(({ key }) => !OWN_KEYS.has(key));
  const order = by
    .map(({ key, isReverse }) => (isReverse ? tx`${keySql(tx, key)} desc` : keySql(tx, key)))
    .reduceRight((rest, one) => tx`${one}, ${rest}`, tx`p.uid`);
  const [row] = await tx<{ uids: Uint8Array | null; keyless: number }[]>`
    select string_agg(int4send((p.uid - case when p.uid > 2147483647 then 4294967296 else 0 end)::int), ''::bytea order by ${order}) as uids,
      ${needsKeys ? tx`count(*) filter (where k.message_id is null)` : tx`0`} as keyless
    from placements p ${needsKeys ? keysJoin(tx) : tx``}
    where p.tenant_id = ${tx.tenantId} and p.mailbox_id = ${mailboxId} and ${uidIn(tx, uids)}`;
  return { uids: unpackUids(row?.uids), keyless: row?.keyless ?? 0 };
}

/** What threads are made of. Times are milliseconds since the epoch. */
export interface ThreadRow {
  readonly uid: number;
  /** When it was sent, or else received. */
  readonly sentMs: number;
  /** Null: the message has no search keys yet. */
  readonly baseSubject: string | null;
  readonly isReply: boolean | null;
  /** see `SearchKeys` */
  readonly refs: Uint8Array | null;
}

/** Reads what threads are made of, by UID, at most `limit`: go on after the last one's UID. */
export async function listThreadRows(
  tx: TenantTx,
  mailboxId: MailboxId,
  uids: readonly UidRange[],
  limit: number,
): Promise<ThreadRow[]> {
  return tx<ThreadRow[]>`
    select p.uid, (extract(epoch from coalesce(k.sent_at, p.received_at)) * 1000)::bigint as "sentMs",
      k.base_subject as "baseSubject", k.is_reply as "isReply", k.refs
    from placements p ${keysJoin(tx)}
    where p.tenant_id = ${tx.tenantId} and p.mailbox_id = ${mailboxId} and ${uidIn(tx, uids)} order by p.uid limit ${limit}`;
}

/** The highest change counter of messages of a mailbox; 0 when there are none. */
export async function readHighestModseq(
  tx: TenantTx,
  mailboxId: MailboxId,
  uids: readonly UidRange[],
): Promise<number> {
  const [row] = await tx<{ modseq: number | null }[]>`
    select max(p.modseq) as modseq from placements p
    where p.tenant_id = ${tx.tenantId} and p.mailbox_id = ${mailboxId} and ${uidIn(tx, uids)}`;
  return row?.modseq ?? 0;
}
