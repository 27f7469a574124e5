import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";

const at = (ms: number): string => new Date(ms).toISOString();

/** Somebody who agreed. */
export interface Agreement {
  readonly by: string;
  /** ISO 8601 */
  readonly at: string;
}

/** An access of the operator's support, as it is kept. Times are milliseconds since the epoch. */
export interface StoredSupport {
  readonly id: string;
  readonly operator: string;
  readonly reason: string;
  readonly scope: "settings" | "mailbox";
  readonly accountId: AccountId | null;
  /** of the mailbox */
  readonly mailbox: string | null;
  readonly hours: number;
  readonly grantedHours: number | null;
  readonly askedAt: number;
  readonly agreed: readonly Agreement[];
  readonly expiresAt: number | null;
  readonly closedAt: number | null;
  readonly closedBy: string | null;
  readonly closedAs: "refused" | "ended" | null;
  readonly usedAt: number | null;
}

const ms = (tx: TenantTx, column: string) => tx`(extract(epoch from s.${tx(column)}) * 1000)::float8`;
const columns = (tx: TenantTx) => tx`
  s.id, s.operator, s.reason, s.scope, s.account_id as "accountId", a.address as mailbox, s.hours, s.granted_hours as "grantedHours",
  ${ms(tx, "asked_at")} as "askedAt", s.agreed, ${ms(tx, "expires_at")} as "expiresAt", ${ms(tx, "closed_at")} as "closedAt",
  s.closed_by as "closedBy", s.closed_as as "closedAs", ${ms(tx, "used_at")} as "usedAt"`;
const from = (tx: TenantTx) =>
  tx`support_accesses s left join accounts a on a.tenant_id = s.tenant_id and a.id = s.account_id`;

/** @returns its id */
export async function insertSupport(
  tx: TenantTx,
  wanted: Pick<StoredSupport, "operator" | "reason" | "scope" | "accountId" | "hours" | "askedAt">,
): Promise<string> {
  const { operator, reason, scope, accountId, hours, askedAt } = wanted;
  const [row] = await tx<{ id: string }[]>`
    insert into support_accesses (tenant_id, operator, reason, scope, account_id, hours, asked_at)
    values (${tx.tenantId}, ${operator}, ${reason}, ${scope}, ${accountId}, ${hours}, ${at(askedAt)}) returning id`;
  if (row === undefined) throw new Error("an insert returned no row");
  return row.id;
}

/** The latest first. @param after the id of the last one of the page before @param accountId only those for this mailbox */
export async function listSupport(
  tx: TenantTx,
  { limit, after, accountId }: { limit: number; after: string | null; accountId?: AccountId | undefined },
): Promise<StoredSupport[]> {
  return tx<StoredSupport[]>`
    select ${columns(tx)} from ${from(tx)} where s.tenant_id = ${tx.tenantId}
      ${accountId === undefined ? tx`` : tx`and s.account_id = ${accountId}`}
      ${after === null ? tx`` : tx`and s.id < ${after}`}
    order by s.id desc limit ${limit}`;
}

/** One, and nobody else changes it before the transaction ends. */
export async function lockSupport(tx: TenantTx, id: string): Promise<StoredSupport | undefined> {
  const [row] = await tx<StoredSupport[]>`
    select ${columns(tx)} from ${from(tx)} where s.tenant_id = ${tx.tenantId} and s.id = ${id} for update of s`;
  return row;
}

/** @param expiresAt null: one more has to agree */
export async function agreeSupport(
  tx: TenantTx,
  id: string,
  { by, now, hours, expiresAt }: { by: string; now: number; hours: number; expiresAt: number | null },
): Promise<void> {
  await tx`
    update support_accesses set agreed = agreed || ${tx.json([{ by, at: at(now) }])}, granted_hours = least(granted_hours, ${hours}),
      expires_at = ${expiresAt === null ? null : at(expiresAt)}
    where tenant_id = ${tx.tenantId} and id = ${id}`;
}

/** Ends it; its session and its link work no more. */
export async function closeSupport(
  tx: TenantTx,
  id: string,
  { by, as, now }: { by: string; as: "refused" | "ended"; now: number },
): Promise<void> {
  await tx`
    update support_accesses set closed_at = ${at(now)}, closed_by = ${by}, closed_as = ${as}, link_hash = null, session_hash = null
    where tenant_id = ${tx.tenantId} and id = ${id}`;
}

/** A new link; the session that an older one became ends. */
export async function setSupportLink(
  tx: TenantTx,
  id: string,
  { hash, until }: { hash: Uint8Array; until: number },
): Promise<void> {
  await tx`
    update support_accesses set link_hash = ${hash}, link_until = ${at(until)}, session_hash = null
    where tenant_id = ${tx.tenantId} and id = ${id}`;
}

/** Makes a session of a link, once. @returns undefined: there is no such link, or it is too late */
export async function useSupportLink(
  tx: TenantTx,
  { link, session, now }: { link: Uint8Array; session: Uint8Array; now: number },
): Promise<Pick<StoredSupport, "id" | "operator" | "mailbox" | "scope"> | undefined> {
  const [row] = await tx<Pick<StoredSupport, "id" | "operator" | "mailbox" | "scope">[]>`
    update support_accesses s set link_hash = null, session_hash = ${session}, used_at = ${at(now)}
    where tenant_id = ${tx.tenantId} and link_hash = ${link} and link_until > ${at(now)} and closed_at is null and expires_at > ${at(now)}
    returning s.id, s.operator, s.scope,
      (select a.address from accounts a where a.tenant_id = s.tenant_id and a.id = s.account_id) as mailbox`;
  return row;
}

/** Whose session it is. */
export interface FoundSupport {
  readonly id: string;
  readonly operator: string;
  readonly scope: "settings" | "mailbox";
  readonly accountId: AccountId | null;
  readonly mailbox: string | null;
  readonly mailboxName: string | null;
  readonly tenantName: string;
  /** milliseconds since the epoch */
  readonly expiresAt: number;
}

/** Looked at with each request, so that it ends when it is said to. @returns undefined: there is none that is open */
export async function findSupportSession(
  tx: TenantTx,
  sessionHash: Uint8Array,
  now: number,
): Promise<FoundSupport | undefined> {
  const [row] = await tx<FoundSupport[]>`
    select s.id, s.operator, s.scope, s.account_id as "accountId", a.address as mailbox, a.name as "mailboxName", t.name as "tenantName",
      ${ms(tx, "expires_at")} as "expiresAt"
    from ${from(tx)} join tenants t on t.id = s.tenant_id
    where s.tenant_id = ${tx.tenantId} and s.session_hash = ${sessionHash} and s.closed_at is null and s.expires_at > ${at(now)}`;
  return row;
}

/** The browser of the staff signs out; the access stays open. */
export async function endSupportSession(tx: TenantTx, sessionHash: Uint8Array): Promise<void> {
  await tx`update support_accesses set session_hash = null where tenant_id = ${tx.tenantId} and session_hash = ${sessionHash}`;
}
