import type { Mandate, MandateRole, MandateState } from "../contract/mandates.ts";
import type { SystemTx, TenantTx } from "../db/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";

/** A mandate as it is told, with what is needed to change it. */
export interface MandateRow extends Mandate {
  readonly mailboxId: AccountId;
  readonly holderId: AccountId;
  readonly domain: string;
}

/** Whole milliseconds, as JavaScript prints them: what is told comes back the same. */
const instant = (tx: TenantTx, column: string) =>
  tx`to_char(${tx(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const columns = (tx: TenantTx) => tx`
  d.id, d.account_id as "mailboxId", b.address as mailbox, b.name as "mailboxName", b.domain, d.holder_id as "holderId",
  p.address as holder, p.name as "holderName", d.role, ${instant(tx, "d.starts_at")} as "startsAt", ${instant(tx, "d.ends_at")} as "endsAt",
  case when d.ends_at <= now() then 'ended' when d.starts_at > now() then 'planned' else 'current' end as state`;

const from = (tx: TenantTx) => tx`
  from mandates d join accounts b on b.tenant_id = ${tx.tenantId} and b.id = d.account_id
  join accounts p on p.tenant_id = ${tx.tenantId} and p.id = d.holder_id`;

const STATES: Readonly<Record<MandateState, (tx: TenantTx) => ReturnType<TenantTx>>> = {
  planned: (tx) => tx`and d.starts_at > now() and (d.ends_at is null or d.ends_at > now())`,
  current: (tx) => tx`and d.starts_at <= now() and (d.ends_at is null or d.ends_at > now())`,
  ended: (tx) => tx`and d.ends_at <= now()`,
};

/** The latest start first. @param after start and id of the last one of the page before */
export async function listMandates(
  tx: TenantTx,
  page: {
    readonly mailboxId: string | undefined;
    readonly state: MandateState | undefined;
    readonly domains: readonly string[] | null;
    readonly after: readonly [startsAt: string, id: string] | null;
    readonly limit: number;
  },
): Promise<MandateRow[]> {
  const { mailboxId, state, domains, after, limit } = page;
  return tx<MandateRow[]>`
    select ${columns(tx)} ${from(tx)} where d.tenant_id = ${tx.tenantId}
      ${mailboxId === undefined ? tx`` : tx`and d.account_id = ${mailboxId}`}
      ${state === undefined ? tx`` : STATES[state](tx)}
      ${domains === null ? tx`` : tx`and b.domain = any(${[...domains]}::text[])`}
      ${after === null ? tx`` : tx`and (date_trunc('milliseconds', d.starts_at), d.id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`}
    order by date_trunc('milliseconds', d.starts_at) desc, d.id desc limit ${limit}`;
}

export async function findMandate(tx: TenantTx, id: string): Promise<MandateRow | undefined> {
  const [row] = await tx<MandateRow[]>`
    select ${columns(tx)} ${from(tx)} where d.tenant_id = ${tx.tenantId} and d.id = ${id}`;
  return row;
}

/** Mandates of one mailbox are changed one after the other until the transaction ends. */
export async function lockMailbox(tx: TenantTx, id: AccountId): Promise<void> {
  await tx`select from accounts where tenant_id = ${tx.tenantId} and id = ${id} for no key update`;
}

/** The moment of this transaction, by the clock that says who holds what. ISO 8601. */
export async function readNow(tx: TenantTx): Promise<string> {
  const [row] = await tx<{ now: string }[]>`
    select to_char(date_trunc('milliseconds', now()) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now`;
  return row?.now ?? "";
}

/** Whether somebody holds a mailbox in a time. @param except a mandate that is not looked at */
export async function isHeld(
  tx: TenantTx,
  mailboxId: AccountId,
  { startsAt, endsAt, except }: { startsAt: string; endsAt: string | null; except: string | null },
): Promise<boolean> {
  const rows = await tx`
    select 1 from mandates where tenant_id = ${tx.tenantId} and account_id = ${mailboxId} and id is distinct from ${except}::uuid
      and (ends_at is null or ends_at > ${startsAt}) and (${endsAt}::timestamptz is null or starts_at < ${endsAt}::timestamptz)
      and starts_at is distinct from ends_at limit 1`;
  return rows.length > 0;
}

/** Rights of a role, as letters. */
export interface HolderRights {
  readonly role: MandateRole;
  readonly letters: string;
  readonly canSend: boolean;
}

export async function insertMandate(
  tx: TenantTx,
  mandate: HolderRights & {
    readonly id: string;
    readonly mailboxId: AccountId;
    readonly holderId: AccountId;
    readonly startsAt: string;
    readonly endsAt: string | null;
  },
): Promise<void> {
  const { id, mailboxId, holderId, role, letters, canSend, startsAt, endsAt } = mandate;
  await tx`insert into mandates (tenant_id, id, account_id, holder_id, role, rights, can_send, starts_at, ends_at)
    values (${tx.tenantId}, ${id}, ${mailboxId}, ${holderId}, ${role}, ${letters}, ${canSend}, ${startsAt}, ${endsAt})`;
}

export async function updateMandate(
  tx: TenantTx,
  id: string,
  {
    role,
    letters,
    canSend,
    startsAt,
    endsAt,
  }: HolderRights & { readonly startsAt: string; readonly endsAt: string | null },
): Promise<void> {
  await tx`update mandates set role = ${role}, rights = ${letters}, can_send = ${canSend}, starts_at = ${startsAt}, ends_at = ${endsAt},
      end_told = end_told and ends_at is not distinct from ${endsAt}::timestamptz
    where tenant_id = ${tx.tenantId} and id = ${id}`;
}

/** Who holds a mailbox at an instant does so until then. @returns their mandates */
export async function endHoldersAt(tx: TenantTx, mailboxId: AccountId, at: string): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`
    update mandates set ends_at = ${at}, end_told = false
    where tenant_id = ${tx.tenantId} and account_id = ${mailboxId} and starts_at < ${at} and (ends_at is null or ends_at > ${at})
    returning id`;
  return rows.map((row) => row.id);
}

export async function deleteMandate(tx: TenantTx, id: string): Promise<void> {
  await tx`delete from mandates where tenant_id = ${tx.tenantId} and id = ${id}`;
}

/** A mandate whose begin or end came, and that nobody has been told of yet. */
export interface TurnedMandate {
  readonly mailboxId: AccountId;
  readonly mailbox: string;
  readonly holderId: AccountId;
  readonly holder: string;
  readonly begun: boolean;
  readonly ended: boolean;
}

/** Takes the mandates that turned: they are told once. */
export async function takeTurned(tx: TenantTx): Promise<TurnedMandate[]> {
  return tx<TurnedMandate[]>`
    with due as (
      select id, starts_at <= now() and not begin_told as begun, coalesce(ends_at <= now(), false) and not end_told as ended
      from mandates where tenant_id = ${tx.tenantId}
        and ((starts_at <= now() and not begin_told) or (ends_at <= now() and not end_told))
      order by id limit 200 for update skip locked
    )
    update mandates d set begin_told = d.begin_told or due.begun, end_told = d.end_told or due.ended
    from due, accounts b, accounts p
    where d.tenant_id = ${tx.tenantId} and d.id = due.id
      and b.tenant_id = ${tx.tenantId} and b.id = d.account_id and p.tenant_id = ${tx.tenantId} and p.id = d.holder_id
    returning d.account_id as "mailboxId", b.address as mailbox, d.holder_id as "holderId", p.address as holder, due.begun, due.ended`;
}

/** All who watch a shared mailbox look again. */
export async function touchMailboxes(tx: TenantTx, id: AccountId, modseq: number): Promise<void> {
  await tx`update mailboxes set modseq = ${modseq} where tenant_id = ${tx.tenantId} and account_id = ${id}`;
}

/** Tenants where a mandate began or ended. */
export async function listTurnedTenants(tx: SystemTx): Promise<TenantId[]> {
  const rows = await tx<{ tenantId: TenantId }[]>`
    select tenant_id as "tenantId" from mandates where starts_at <= now() and not begin_told
    union select tenant_id from mandates where ends_at <= now() and not end_told and ends_at is not null limit 1000`;
  return rows.map((row) => row.tenantId);
}
