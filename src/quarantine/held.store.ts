import type { HeldQuery, HeldState, HoldReason } from "../contract/quarantine.ts";
import type { SystemTx, TenantTx } from "../db/index.ts";
import type { AccountId, BlobId, TenantId } from "../kernel/id.ts";
import type { Held, HeldAttachment, HeldId } from "./held.ts";
import type { TraceId } from "../history/index.ts";

const at = (ms: number): string => new Date(ms).toISOString();

export interface NewHeld {
  readonly messageId: string;
  readonly blobId: BlobId;
  readonly size: number;
  readonly mailFrom: string;
  readonly sender: string;
  readonly subject: string;
  readonly reasons: readonly HoldReason[];
  readonly attachments: readonly HeldAttachment[];
  readonly receivedAt: number;
  readonly expiresAt: number;
  readonly traceId: TraceId | null;
  readonly items: readonly {
    readonly id: HeldId;
    readonly accountId: AccountId;
    readonly address: string;
  }[];
}

/** Holds a message for all its recipients. */
export async function insertHeld(tx: TenantTx, held: NewHeld): Promise<void> {
  const { items } = held;
  await tx`
    insert into quarantined_messages (tenant_id, id, blob_id, size, mail_from, sender, subject, reasons, attachments,
      received_at, expires_at, trace_id)
    values (${tx.tenantId}, ${held.messageId}, ${held.blobId}, ${held.size}, ${held.mailFrom}, ${held.sender}, ${held.subject},
      ${tx.json(held.reasons.map(({ code, detail }) => ({ code, detail })))},
      ${tx.json(held.attachments.map(({ name, type, size }) => ({ name, type, size })))},
      ${at(held.receivedAt)}, ${at(held.expiresAt)}, ${held.traceId})`;
  await tx`
    insert into quarantine_items (tenant_id, id, message_id, account_id, address, expires_at)
    select ${tx.tenantId}, i.id, ${held.messageId}, i.account_id, i.address, ${at(held.expiresAt)}
    from unnest(${items.map((one) => one.id)}::uuid[], ${items.map((one) => one.accountId)}::uuid[],
      ${items.map((one) => one.address)}::text[]) i(id, account_id, address)`;
}

const columns = (tx: TenantTx) => tx`
  i.id, i.message_id as "messageId", i.account_id as "accountId", i.address, m.blob_id as "blobId", m.size,
  m.mail_from as "mailFrom", m.sender, m.subject, m.reasons, m.attachments, m.trace_id as "traceId",
  (extract(epoch from m.received_at) * 1000)::bigint as "receivedAt",
  (extract(epoch from m.expires_at) * 1000)::bigint as "expiresAt", i.state,
  (extract(epoch from i.decided_at) * 1000)::bigint as "decidedAt", i.decided_by as "decidedBy"`;

const source = (tx: TenantTx) => tx`
  quarantine_items i join quarantined_messages m on m.tenant_id = i.tenant_id and m.id = i.message_id`;

/** The text as a pattern of LIKE that is found anywhere. */
const anywhere = (text: string): string => `%${text.replaceAll(/[\\%_]/g, (char) => `\\${char}`)}%`;

/** What is held, newest first. @param accountId only of this account; null: of the whole tenant */
export async function listHeld(
  tx: TenantTx,
  accountId: AccountId | null,
  { q, recipient, reason, state, cursor, limit }: HeldQuery,
): Promise<Held[]> {
  const text = q === undefined || q === "" ? null : anywhere(q);
  return tx<Held[]>`
    select ${columns(tx)} from ${source(tx)}
    where i.tenant_id = ${tx.tenantId}
      ${accountId === null ? tx`` : tx`and i.account_id = ${accountId}`}
      ${text === null ? tx`` : tx`and (m.sender ilike ${text} or m.subject ilike ${text} or m.mail_from ilike ${text})`}
      ${recipient === undefined || recipient === "" ? tx`` : tx`and i.address ilike ${anywhere(recipient)}`}
      ${reason === undefined ? tx`` : tx`and m.reasons @> ${tx.json([{ code: reason }])}`}
      ${state === undefined ? tx`` : tx`and i.state = ${state}`}
      ${cursor === undefined ? tx`` : tx`and i.id < ${cursor}`}
    order by i.id desc limit ${limit}`;
}

/** @param accountId only when it is held for this account; null: for anybody of the tenant */
export async function findHeld(
  tx: TenantTx,
  accountId: AccountId | null,
  id: HeldId,
): Promise<Held | undefined> {
  const [row] = await tx<Held[]>`
    select ${columns(tx)} from ${source(tx)}
    where i.tenant_id = ${tx.tenantId} and i.id = ${id} ${accountId === null ? tx`` : tx`and i.account_id = ${accountId}`}`;
  return row;
}

/** Decides about a held message, once: whoever comes second finds it decided. Its row stays locked until the end of the transaction.
 * @returns false: it is in none of the states `from` any more */
export async function decideHeld(
  tx: TenantTx,
  id: HeldId,
  decision: {
    readonly from: readonly HeldState[];
    readonly to: "released" | "deleted";
    readonly by: string;
    readonly at: number;
  },
): Promise<boolean> {
  const [row] = await tx`
    update quarantine_items set state = ${decision.to}, decided_at = ${at(decision.at)}, decided_by = ${decision.by}
    where tenant_id = ${tx.tenantId} and id = ${id} and state = any(${[...decision.from]}::text[]) returning 1`;
  return row !== undefined;
}

/** Ends the waiting of what nobody decided about in time. @returns how many, at most `limit` */
export async function expireHeld(tx: TenantTx, now: number, limit: number): Promise<number> {
  const rows = await tx`
    update quarantine_items set state = 'expired', decided_at = ${at(now)}
    where tenant_id = ${tx.tenantId} and id in (
      select id from quarantine_items where tenant_id = ${tx.tenantId} and state = 'waiting' and expires_at <= ${at(now)}
      limit ${limit} for update skip locked)
    returning 1`;
  return rows.length;
}

/** The tenants with messages that have waited long enough. */
export async function findExpiringTenants(tx: SystemTx, now: number): Promise<TenantId[]> {
  const rows = await tx<{ tenantId: TenantId }[]>`
    select distinct tenant_id as "tenantId" from quarantine_items where state = 'waiting' and expires_at <= ${at(now)}`;
  return rows.map((row) => row.tenantId);
}

/** The tenant of a held message: for the operator, who has only its id. */
export async function findHeldTenant(tx: SystemTx, id: HeldId): Promise<TenantId | undefined> {
  const [row] = await tx<{ tenantId: TenantId }[]>`
    select tenant_id as "tenantId" from quarantine_items where id = ${id}`;
  return row?.tenantId;
}
