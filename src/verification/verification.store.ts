import type { SystemTx, TenantTx } from "../db/index.ts";
import type { TenantId } from "../kernel/id.ts";
import type { Standing } from "./decide-verification.ts";

const at = (ms: number): string => new Date(ms).toISOString();

const columns = (tx: TenantTx | SystemTx) => tx`
  v.country, v.official_id as "officialId", v.method, v.nonce, v.tries, v.codes, v.reason, v.verified_by as "verifiedBy",
  (extract(epoch from v.code_sent_at) * 1000)::float8 as "codeSentAt", (extract(epoch from v.code_expires_at) * 1000)::float8 as "codeExpiresAt",
  (extract(epoch from v.verified_at) * 1000)::float8 as "verifiedAt", v.refused_at is not null as "isRefused", v.contested_at is not null as "isContested"`;

/** What is known of the agency; undefined: the operator made it, and nobody has asked anything. */
export async function readVerification(tx: TenantTx): Promise<Standing | undefined> {
  const [row] = await tx<Standing[]>`
    select ${columns(tx)} from agency_verifications v where v.tenant_id = ${tx.tenantId}`;
  return row;
}

/** The same, and nobody else changes it before the transaction ends. */
export async function lockVerification(tx: TenantTx): Promise<Standing | undefined> {
  const [row] = await tx<Standing[]>`
    select ${columns(tx)} from agency_verifications v where v.tenant_id = ${tx.tenantId} for update`;
  return row;
}

export interface NewCode {
  readonly country: string;
  readonly officialId: string;
  readonly method: "email" | "letter";
  readonly nonce: string;
  readonly sentAt: number;
  readonly expiresAt: number;
}

/** Chooses an entry, with a new code on its way; an old one is void. */
export async function setCode(tx: TenantTx, code: NewCode): Promise<void> {
  await tx`
    update agency_verifications set country = ${code.country}, official_id = ${code.officialId}, method = ${code.method}, nonce = ${code.nonce},
      code_sent_at = ${at(code.sentAt)}, code_expires_at = ${at(code.expiresAt)}, tries = 0, codes = codes + 1, printed_at = null
    where tenant_id = ${tx.tenantId}`;
}

/** Chooses an entry that another agency has proven to be. */
export async function setContested(
  tx: TenantTx,
  { country, officialId, now }: { country: string; officialId: string; now: number },
): Promise<void> {
  await tx`
    update agency_verifications set country = ${country}, official_id = ${officialId}, method = null, nonce = null, code_sent_at = null,
      code_expires_at = null, tries = 0, contested_at = ${at(now)}
    where tenant_id = ${tx.tenantId}`;
}

/** Counts a wrong code. */
export async function countTry(tx: TenantTx): Promise<void> {
  await tx`update agency_verifications set tries = tries + 1 where tenant_id = ${tx.tenantId}`;
}

/** The agencies to which codes for an entry were sent since a moment. */
export async function countCodesTo(
  tx: SystemTx,
  { country, officialId }: { country: string; officialId: string },
  since: number,
): Promise<number> {
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count from agency_verifications
    where country = ${country} and official_id = ${officialId} and code_sent_at > ${at(since)}`;
  return row?.count ?? 0;
}

/** Writes down that an agency is what it has chosen. A unique violation: another is.
 * @param nonce of the code that was entered: not one that was replaced meanwhile
 * @returns false: it is verified, refused, or has another code by now */
export async function markVerified(
  tx: SystemTx,
  tenantId: TenantId,
  { nonce, now }: { nonce: string; now: number },
): Promise<boolean> {
  const [row] = await tx`
    update agency_verifications set verified_at = ${at(now)}, verified_by = 'code', nonce = null, reason = null
    where tenant_id = ${tenantId} and nonce = ${nonce} and verified_at is null and refused_at is null returning 1`;
  return row !== undefined;
}

/** What the operator says. A unique violation: another agency is verified as the same entry. */
export async function decideByOperator(
  tx: SystemTx,
  tenantId: TenantId,
  { isVerified, reason, now }: { isVerified: boolean; reason: string; now: number },
): Promise<void> {
  const [verifiedAt, verifiedBy, refusedAt] = isVerified
    ? [at(now), "operator", null]
    : [null, null, at(now)];
  await tx`
    insert into agency_verifications (tenant_id, verified_at, verified_by, refused_at, reason)
    values (${tenantId}, ${verifiedAt}, ${verifiedBy}, ${refusedAt}, ${reason})
    on conflict (tenant_id) do update set verified_at = excluded.verified_at, verified_by = excluded.verified_by,
      refused_at = excluded.refused_at, reason = excluded.reason, contested_at = null, nonce = null, code_sent_at = null, code_expires_at = null`;
}

/** Begins anew: the agency may choose again. @returns false: the operator has made it, and there is nothing to begin */
export async function reopen(tx: SystemTx, tenantId: TenantId): Promise<boolean> {
  const [row] = await tx`
    update agency_verifications set country = null, official_id = null, method = null, nonce = null, code_sent_at = null, code_expires_at = null,
      tries = 0, codes = 0, contested_at = null, printed_at = null, verified_at = null, verified_by = null, refused_at = null, reason = null
    where tenant_id = ${tenantId} returning 1`;
  return row !== undefined;
}

/** An agency whose verification is under way or decided, for the operator. Times are milliseconds since the epoch. */
export interface Case extends Standing {
  readonly tenantId: TenantId;
  readonly slug: string;
  readonly tenantName: string;
  readonly entryName: string | null;
  readonly postalAddress: string | null;
  readonly isPrinted: boolean;
}

export async function listCases(tx: SystemTx): Promise<Case[]> {
  return tx<Case[]>`
    select v.tenant_id as "tenantId", t.slug, t.name as "tenantName", e.name as "entryName", e.postal_address as "postalAddress",
      v.printed_at is not null as "isPrinted", ${columns(tx)}
    from agency_verifications v join tenants t on t.id = v.tenant_id
    left join registry_entries e on e.country = v.country and e.official_id = v.official_id
    order by t.slug`;
}

/** The letter is printed. @param nonce of its code */
export async function markPrinted(
  tx: SystemTx,
  tenantId: TenantId,
  nonce: string,
  now: number,
): Promise<void> {
  await tx`update agency_verifications set printed_at = ${at(now)} where tenant_id = ${tenantId} and nonce = ${nonce}`;
}
