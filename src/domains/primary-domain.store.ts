import type { TenantTx } from "../db/index.ts";

/** What a new own domain changed. */
export interface Renamed {
  readonly people: number;
  readonly unchanged: number;
  readonly taken: readonly { readonly address: string; readonly wanted: string }[];
}

const TAKEN_SHOWN = 100;

/** Gives everybody (people, shared mailboxes, groups) the address that they have, in another domain; what they had stays theirs. A few
 * statements for any number. Where somebody else has the address already, they keep what they had. What they set for their address as a
 * sender (name, signature) goes along. */
export async function renamePeople(tx: TenantTx, domain: string): Promise<Renamed> {
  // In the order in which all writers of accounts take them.
  const accounts = await tx<{ id: string; address: string }[]>`
    select id, address from accounts where tenant_id = ${tx.tenantId} order by id for update`;
  await tx`
    insert into addresses (tenant_id, address, account_id, group_id)
    select ${tx.tenantId}, left(o.address, -length(split_part(o.address, '@', 2))) || ${domain}, o.account_id, o.group_id
    from (
      select id as account_id, null::uuid as group_id, address, created_at from accounts where tenant_id = ${tx.tenantId}
      union all
      select null, id, address, created_at from mail_groups where tenant_id = ${tx.tenantId}
    ) o
    where split_part(o.address, '@', 2) <> ${domain}
    order by o.created_at, o.account_id, o.group_id
    on conflict (tenant_id, address) do nothing`;
  await tx`
    insert into identities (tenant_id, account_id, address, name, reply_to, bcc, text_signature, html_signature)
    select i.tenant_id, i.account_id, n.address, i.name, i.reply_to, i.bcc, i.text_signature, i.html_signature
    from identities i join accounts a on a.tenant_id = i.tenant_id and a.id = i.account_id and a.address = i.address
    join addresses n on n.tenant_id = a.tenant_id and n.account_id = a.id
      and n.address = left(a.address, -length(split_part(a.address, '@', 2))) || ${domain}
    where i.tenant_id = ${tx.tenantId} and split_part(a.address, '@', 2) <> ${domain}
    on conflict (tenant_id, account_id, address) do nothing`;
  const renamed = await tx<{ kind: string }[]>`
    update accounts a set address = n.address from addresses n
    where a.tenant_id = ${tx.tenantId} and split_part(a.address, '@', 2) <> ${domain} and n.tenant_id = a.tenant_id and n.account_id = a.id
      and n.address = left(a.address, -length(split_part(a.address, '@', 2))) || ${domain}
    returning a.kind`;
  await tx`
    update mail_groups g set address = n.address from addresses n
    where g.tenant_id = ${tx.tenantId} and split_part(g.address, '@', 2) <> ${domain} and n.tenant_id = g.tenant_id and n.group_id = g.id
      and n.address = left(g.address, -length(split_part(g.address, '@', 2))) || ${domain}`;
  const left = await tx<{ address: string; wanted: string }[]>`
    select address, left(address, -length(split_part(address, '@', 2))) || ${domain} as wanted from accounts
    where tenant_id = ${tx.tenantId} and split_part(address, '@', 2) <> ${domain} order by address`;
  return {
    people: renamed.length,
    unchanged: accounts.length - renamed.length - left.length,
    taken: left.slice(0, TAKEN_SHOWN),
  };
}

/** New people get their address there from now on. */
export async function setPrimaryDomain(tx: TenantTx, name: string): Promise<void> {
  await tx`
    update domains set is_primary = false where tenant_id = ${tx.tenantId} and is_primary and name <> ${name}`;
  await tx`
    update domains set is_primary = true where tenant_id = ${tx.tenantId} and name = ${name}`;
}
