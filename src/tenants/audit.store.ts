import type { TenantTx } from "../db/index.ts";

export interface AuditEntry {
  /** an address, or `operator` */
  readonly actor: string;
  /** a noun and a verb: `user.add` */
  readonly action: string;
  readonly subject: string;
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

/** Written in the transaction of what it tells, so that there is never one without the other. */
export async function insertAudit(tx: TenantTx, entry: AuditEntry): Promise<void> {
  await tx`insert into audit_log (tenant_id, actor, action, subject, detail)
    values (${tx.tenantId}, ${entry.actor}, ${entry.action}, ${entry.subject}, ${tx.json(entry.detail ?? {})})`;
}

/** Times are milliseconds since the epoch. */
export interface AuditFilter {
  readonly actor?: string | undefined;
  /** a whole action, or its beginning up to a dot */
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface StoredAudit {
  readonly id: string;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

const at = (ms: number): string => new Date(ms).toISOString();

/** The first id (UUIDv7, RFC 9562 §5.7) of a moment. */
function firstId(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, "0");
  return `${hex.slice(-12, -4)}-${hex.slice(-4)}-0000-0000-000000000000`;
}

/** A row's id is made after `at`, the beginning of its transaction; none of ours lasts as long as this. */
const LONGEST_MS = 3_600_000;

/** What has been done, the newest first. @param before the id of the last one of the page before; null: the first page */
export async function listAudit(
  tx: TenantTx,
  { actor, action, subject, from, to }: AuditFilter,
  { before, limit }: { readonly before: string | null; readonly limit: number },
): Promise<StoredAudit[]> {
  return tx<StoredAudit[]>`
    select id, (extract(epoch from at) * 1000)::float8 as at, actor, action, subject, detail from audit_log
    where tenant_id = ${tx.tenantId} ${before === null ? tx`` : tx`and id < ${before}`}
      ${actor === undefined ? tx`` : tx`and actor = ${actor}`} ${subject === undefined ? tx`` : tx`and subject = ${subject}`}
      ${action === undefined ? tx`` : tx`and (action = ${action} or starts_with(action, ${`${action}.`}))`}
      ${from === undefined ? tx`` : tx`and at >= ${at(from)} and id >= ${firstId(from)}`}
      ${to === undefined ? tx`` : tx`and at < ${at(to)} and id < ${firstId(to + LONGEST_MS)}`}
    order by id desc limit ${limit}`;
}
