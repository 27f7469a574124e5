import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";

export interface NewInvitationRow {
  readonly accountId: AccountId;
  readonly tokenHash: Uint8Array;
  readonly sentTo: string | null;
  readonly createdBy: string;
  /** milliseconds since the epoch, both */
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Keeps invitations; those that the same people had before are dead. */
export async function upsertInvitations(tx: TenantTx, rows: readonly NewInvitationRow[]): Promise<void> {
  await tx`
    insert into invitations (tenant_id, account_id, token_hash, sent_to, created_by, created_at, expires_at)
    select ${tx.tenantId}, id, decode(hash, 'hex'), sent_to, by, created, expires from unnest(
      ${rows.map((one) => one.accountId)}::uuid[], ${rows.map((one) => toHex(one.tokenHash))}::text[],
      ${rows.map((one) => one.sentTo)}::text[], ${rows.map((one) => one.createdBy)}::text[],
      ${rows.map((one) => new Date(one.createdAt).toISOString())}::timestamptz[],
      ${rows.map((one) => new Date(one.expiresAt).toISOString())}::timestamptz[]) as i(id, hash, sent_to, by, created, expires)
    on conflict (tenant_id, account_id) do update set token_hash = excluded.token_hash, sent_to = excluded.sent_to,
      created_by = excluded.created_by, created_at = excluded.created_at, expires_at = excluded.expires_at`;
}

const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Whom a link invites. */
export interface InvitedPerson {
  readonly accountId: AccountId;
  readonly agency: string;
  readonly address: string;
  readonly name: string;
  readonly locale: string;
  /** milliseconds since the epoch */
  readonly expiresAt: number;
}

/** The person whom a link invites; the row is locked until the transaction ends, so that it is used once.
 * @returns undefined: there is no such link, or the person is switched off */
export async function findInvited(tx: TenantTx, tokenHash: Uint8Array): Promise<InvitedPerson | undefined> {
  const [row] = await tx<InvitedPerson[]>`
    select a.id as "accountId", t.name as agency, a.address, a.name, a.locale,
      (extract(epoch from i.expires_at) * 1000)::float8 as "expiresAt"
    from invitations i join accounts a on a.tenant_id = i.tenant_id and a.id = i.account_id
    join tenants t on t.id = i.tenant_id
    where i.tenant_id = ${tx.tenantId} and i.token_hash = ${tokenHash} and a.disabled_at is null for update of i`;
  return row;
}

/** @returns false: there was none */
export async function deleteInvitation(tx: TenantTx, accountId: AccountId): Promise<boolean> {
  const gone =
    await tx`delete from invitations where tenant_id = ${tx.tenantId} and account_id = ${accountId}`;
  return gone.count > 0;
}
