import type { SystemTx, TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import { isUniqueViolation } from "./unique-violation.ts";

/** Which of these domains are proven, and whose they are. */
export async function findProvenDomains(
  tx: SystemTx,
  names: readonly string[],
): Promise<{ name: string; tenantId: TenantId }[]> {
  return tx<{ name: string; tenantId: TenantId }[]>`
    select name, tenant_id as "tenantId" from domains where name = any(${[...names]}::text[]) and proven_at is not null`;
}

/** Mail for a domain is routed here only once it is proven.
 * @throws {MailError} domain_exists: this tenant has it, or it is to be proven and another tenant has proven it */
export async function insertDomain(tx: TenantTx, name: string, proven: boolean): Promise<void> {
  try {
    await tx.savepoint(
      (inner) => inner`insert into domains (tenant_id, name, proven_at)
        values (${tx.tenantId}, ${name}, case when ${proven}::boolean then now() end)`,
    );
  } catch (error) {
    if (isUniqueViolation(error)) throw new MailError("domain_exists", { name }, { cause: error });
    throw error;
  }
}

/** The tenant's domains by name. */
export async function listDomains(tx: TenantTx): Promise<{ name: string; proven: boolean }[]> {
  return tx<{ name: string; proven: boolean }[]>`
    select name, proven_at is not null as proven from domains where tenant_id = ${tx.tenantId} order by name`;
}
