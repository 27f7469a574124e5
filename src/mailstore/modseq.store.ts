import type { SystemTx, TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";

/** Moves the account's change counter on, and keeps the account locked until the transaction ends.
 * Every writer of an account does this first, so changes become visible in the order of their numbers.
 * @throws {MailError} account_unknown */
export async function bumpModseq(tx: TenantTx, accountId: AccountId): Promise<number> {
  const [row] = await tx<{ modseq: number }[]>`
    update accounts set modseq = modseq + 1 where tenant_id = ${tx.tenantId} and id = ${accountId} returning modseq`;
  if (row === undefined) throw new MailError("account_unknown", { accountId });
  return row.modseq;
}

/** The account's change counter now: IMAP's HIGHESTMODSEQ bound, JMAP's state. @throws {MailError} account_unknown */
export async function readModseq(tx: TenantTx, accountId: AccountId): Promise<number> {
  const [row] = await tx<{ modseq: number }[]>`
    select modseq from accounts where tenant_id = ${tx.tenantId} and id = ${accountId}`;
  if (row === undefined) throw new MailError("account_unknown", { accountId });
  return row.modseq;
}

/** Which of these accounts, of any tenants, have another change counter than the one that is known, and theirs; unknown accounts
 * are left out. Sees counters alone. */
export async function listChangedModseqs(
  tx: SystemTx,
  known: readonly { readonly tenantId: TenantId; readonly accountId: AccountId; readonly modseq: number }[],
): Promise<{ accountId: AccountId; modseq: number }[]> {
  return tx<{ accountId: AccountId; modseq: number }[]>`
    select a.id as "accountId", a.modseq
    from unnest(
      ${known.map((one) => one.tenantId)}::uuid[],
      ${known.map((one) => one.accountId)}::uuid[],
      ${known.map((one) => one.modseq)}::bigint[]
    ) as known (tenant_id, id, modseq)
    join accounts a on a.tenant_id = known.tenant_id and a.id = known.id
    where a.modseq <> known.modseq`;
}

/** Octets used and allowed. @throws {MailError} account_unknown */
export async function readQuota(
  tx: TenantTx,
  accountId: AccountId,
): Promise<{ usedBytes: number; quotaBytes: number }> {
  const [row] = await tx<{ usedBytes: number; quotaBytes: number }[]>`
    select used_bytes as "usedBytes", quota_bytes as "quotaBytes" from accounts
    where tenant_id = ${tx.tenantId} and id = ${accountId}`;
  if (row === undefined) throw new MailError("account_unknown", { accountId });
  return row;
}
