import type { SystemTx, TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import { isUniqueViolation } from "./unique-violation.ts";

export type TenantKind = "agency" | "private";

export interface Tenant {
  readonly id: TenantId;
  readonly slug: string;
  readonly name: string;
  readonly kind: TenantKind;
}

/** @throws {MailError} tenant_exists: the slug is taken */
export async function insertTenant(tx: TenantTx, tenant: Omit<Tenant, "id">): Promise<void> {
  try {
    await tx.savepoint(
      (inner) => inner`insert into tenants (id, slug, name, kind)
        values (${tx.tenantId}, ${tenant.slug}, ${tenant.name}, ${tenant.kind})`,
    );
  } catch (error) {
    if (isUniqueViolation(error))
      throw new MailError("tenant_exists", { slug: tenant.slug }, { cause: error });
    throw error;
  }
}

/** All tenants by slug, without that of the installation itself: for the operator. */
export async function listTenants(tx: SystemTx): Promise<(Tenant & { createdAt: Date })[]> {
  return tx<(Tenant & { createdAt: Date })[]>`
    select id, slug, name, kind, created_at as "createdAt" from tenants where slug <> 'angelia-house' order by slug`;
}

export async function findTenantBySlug(tx: SystemTx, slug: string): Promise<Tenant | undefined> {
  const [row] = await tx<Tenant[]>`select id, slug, name, kind from tenants where slug = ${slug}`;
  return row;
}

/** The tenant of the transaction. */
export async function readTenant(tx: TenantTx): Promise<Tenant> {
  const [row] = await tx<Tenant[]>`select id, slug, name, kind from tenants where id = ${tx.tenantId}`;
  if (row === undefined) throw new MailError("tenant_unknown", { id: tx.tenantId });
  return row;
}

/** An agency that signed itself up: nobody knows yet who it is. */
export async function insertUnverified(tx: TenantTx): Promise<void> {
  await tx`insert into agency_verifications (tenant_id) values (${tx.tenantId})`;
}
