import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";

/** A line of the audit log about an account. */
export interface LoggedAccess {
  readonly id: string;
  /** milliseconds since the epoch */
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/** What others did to an account, the latest first. @param actions whole names @param after the id of the last one of the page before */
export async function listAccesses(
  tx: TenantTx,
  {
    accountId,
    actions,
    limit,
    after,
  }: { accountId: AccountId; actions: readonly string[]; limit: number; after: string | null },
): Promise<LoggedAccess[]> {
  return tx<LoggedAccess[]>`
    select l.id, (extract(epoch from l.at) * 1000)::float8 as at, l.actor, l.action, l.detail
    from accounts a join audit_log l on l.tenant_id = a.tenant_id and l.subject = a.address
    where a.tenant_id = ${tx.tenantId} and a.id = ${accountId} and l.actor <> a.address
      and l.action = any(${[...actions]}::text[])
      ${after === null ? tx`` : tx`and l.id < ${after}`}
    order by l.id desc limit ${limit}`;
}
