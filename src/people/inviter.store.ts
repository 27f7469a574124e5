import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId } from "../kernel/id.ts";

/** Who invites. */
export interface Inviter {
  readonly agency: string;
  readonly name: string;
  readonly address: string;
  readonly locale: string;
}

/** A person with the name of the agency. @throws {MailError} account_unknown */
export async function readInviter(tx: TenantTx, accountId: AccountId): Promise<Inviter> {
  const [row] = await tx<Inviter[]>`
    select t.name as agency, a.name, a.address, a.locale from accounts a join tenants t on t.id = a.tenant_id
    where a.tenant_id = ${tx.tenantId} and a.id = ${accountId}`;
  if (row === undefined) throw new MailError("account_unknown", { accountId });
  return row;
}
