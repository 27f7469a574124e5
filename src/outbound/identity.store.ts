import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";
import { listSenderAddresses } from "../tenants/index.ts";

/** Somebody to write to. */
export interface IdentityAddress {
  readonly name: string | null;
  readonly email: string;
}

/** As whom an account may write (RFC 8621 §6): one for each of its sender addresses. */
export interface Identity {
  /** canonical; names the identity within the account */
  readonly address: string;
  readonly name: string;
  readonly replyTo: readonly IdentityAddress[] | null;
  readonly bcc: readonly IdentityAddress[] | null;
  readonly textSignature: string;
  readonly htmlSignature: string;
}

/** The account's own address first. */
export async function listIdentities(tx: TenantTx, accountId: AccountId): Promise<Identity[]> {
  const [addresses, set] = await Promise.all([
    listSenderAddresses(tx, accountId),
    tx<(Omit<Identity, "name"> & { name: string | null })[]>`
      select address, name, reply_to as "replyTo", bcc, text_signature as "textSignature", html_signature as "htmlSignature"
      from identities where tenant_id = ${tx.tenantId} and account_id = ${accountId}`,
  ]);
  const byAddress = new Map(set.map((row) => [row.address, row]));
  return addresses.map(({ address, name }) => {
    const row = byAddress.get(address);
    if (row === undefined)
      return { address, name, replyTo: null, bcc: null, textSignature: "", htmlSignature: "" };
    return { ...row, name: row.name ?? name };
  });
}

const json = (value: readonly IdentityAddress[] | null): string | null =>
  value === null ? null : JSON.stringify(value);

/** Keeps what a person set for one of the addresses that `listIdentities` gave. */
export async function upsertIdentity(tx: TenantTx, accountId: AccountId, identity: Identity): Promise<void> {
  const { address, name, replyTo, bcc, textSignature, htmlSignature } = identity;
  await tx`
    insert into identities (tenant_id, account_id, address, name, reply_to, bcc, text_signature, html_signature)
    values (${tx.tenantId}, ${accountId}, ${address}, ${name}, ${json(replyTo)}::text::json, ${json(bcc)}::text::json,
      ${textSignature}, ${htmlSignature})
    on conflict (tenant_id, account_id, address) do update set name = excluded.name, reply_to = excluded.reply_to,
      bcc = excluded.bcc, text_signature = excluded.text_signature, html_signature = excluded.html_signature`;
}
