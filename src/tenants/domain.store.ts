import type { SystemTx, TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import type { SplitDelivery } from "./split-route.ts";
import { isUniqueViolation } from "./unique-violation.ts";

/** Which of these domains are proven, whose they are, and whether part of their mail goes to an old server. */
export async function findProvenDomains(
  tx: SystemTx,
  names: readonly string[],
): Promise<{ name: string; tenantId: TenantId; split: SplitDelivery | null }[]> {
  return tx<{ name: string; tenantId: TenantId; split: SplitDelivery | null }[]>`
    select d.name, d.tenant_id as "tenantId", case when c.mode <> 'off' then json_build_object('mode', c.mode,
      'server', c.old_server, 'addresses', c.old_addresses, 'returnDomain', c.return_domain) end as split
    from domains d left join domain_cutovers c on c.tenant_id = d.tenant_id and c.domain = d.name
    where d.name = any(${[...names]}::text[]) and d.proven_at is not null`;
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
