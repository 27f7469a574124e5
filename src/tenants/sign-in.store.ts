import type { SignInProtocol } from "../contract/security.ts";
import type { SystemTx, TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";

const PURGE_BATCH = 10_000;
const at = (ms: number): string => new Date(ms).toISOString();

/** Sign-ins of one address from one network by one protocol within one hour. Times are milliseconds since the epoch. */
export interface SignInTally {
  /** canonical */
  readonly address: string;
  readonly protocol: SignInProtocol;
  readonly network: string;
  readonly succeeded: boolean;
  /** when the hour began */
  readonly hour: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
}

/** Adds sign-ins to what is known of their hours. */
export async function upsertSignIns(tx: TenantTx, tallies: readonly SignInTally[]): Promise<void> {
  await tx`
    insert into sign_ins as s (tenant_id, account_id, address, protocol, network, succeeded, hour, first_at, last_at, count)
    select ${tx.tenantId}, d.account_id, v.address, v.protocol, v.network, v.succeeded, v.hour, v.first_at, v.last_at, v.count
    from unnest(${tallies.map((one) => one.address)}::text[], ${tallies.map((one) => one.protocol)}::text[],
      ${tallies.map((one) => one.network)}::text[], ${tallies.map((one) => String(one.succeeded))}::text[]::boolean[],
      ${tallies.map((one) => at(one.hour))}::timestamptz[], ${tallies.map((one) => at(one.firstAt))}::timestamptz[],
      ${tallies.map((one) => at(one.lastAt))}::timestamptz[], ${tallies.map((one) => one.count)}::int[])
      v(address, protocol, network, succeeded, hour, first_at, last_at, count)
    left join addresses d on d.tenant_id = ${tx.tenantId} and d.address = v.address
    -- In one order everywhere, so that no two processes wait for each other in a circle.
    order by v.address, v.hour, v.protocol, v.network, v.succeeded
    on conflict on constraint sign_ins_once do update
      set last_at = greatest(s.last_at, excluded.last_at), count = s.count + excluded.count`;
}

export interface StoredSignIn extends Omit<SignInTally, "hour"> {
  readonly id: string;
}

/** The latest first. @param after the id of the last one of the page before */
export async function listSignIns(
  tx: TenantTx,
  wanted: {
    readonly limit: number;
    readonly after: string | null;
    readonly accountId?: AccountId | undefined;
    readonly address?: string | undefined;
    readonly succeeded?: boolean | undefined;
  },
): Promise<StoredSignIn[]> {
  const { limit, after, accountId, address, succeeded } = wanted;
  return tx<StoredSignIn[]>`
    select id, address, protocol, network, succeeded, count, (extract(epoch from first_at) * 1000)::float8 as "firstAt",
      (extract(epoch from last_at) * 1000)::float8 as "lastAt"
    from sign_ins where tenant_id = ${tx.tenantId}
      ${accountId === undefined ? tx`` : tx`and account_id = ${accountId}`}
      ${address === undefined ? tx`` : tx`and address = ${address}`}
      ${succeeded === undefined ? tx`` : tx`and succeeded = ${succeeded}`}
      ${after === null ? tx`` : tx`and id < ${after}`}
    order by id desc limit ${limit}`;
}

export interface SignInCounts {
  readonly signIns: number;
  readonly failedSignIns: number;
  readonly people: number;
  readonly openSessions: number;
  readonly attacks: number;
  readonly unseenAlerts: number;
}

/** The first id that a row written at a moment can have (RFC 9562 §5.7). */
const firstIdAt = (ms: number): string => {
  const time = Math.max(0, ms).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
};

/** @param since of the sign-ins   @param attackedSince of the attacks */
export async function countSecurity(
  tx: TenantTx,
  { now, since, attackedSince }: { now: number; since: number; attackedSince: number },
): Promise<SignInCounts> {
  const [row] = await tx<SignInCounts[]>`
    select coalesce(sum(count) filter (where succeeded), 0)::int as "signIns",
      coalesce(sum(count) filter (where not succeeded), 0)::int as "failedSignIns",
      count(distinct account_id) filter (where succeeded)::int as people,
      (select count(*)::int from web_sessions where tenant_id = ${tx.tenantId} and expires_at > ${at(now)}) as "openSessions",
      (select count(*)::int from sign_in_attacks where tenant_id = ${tx.tenantId} and at > ${at(attackedSince)}) as attacks,
      (select count(*)::int from alerts where tenant_id = ${tx.tenantId} and seen_at is null) as "unseenAlerts"
    from sign_ins where tenant_id = ${tx.tenantId} and id > ${firstIdAt(since)}`;
  if (row === undefined) throw new Error("an aggregate returned no row");
  return row;
}

/** Forgets what is of an hour before a moment, some of it. @returns how many; 0: no more */
export async function purgeSignIns(tx: SystemTx, before: number): Promise<number> {
  const gone = await tx`
    delete from sign_ins where (tenant_id, id) in (
      select tenant_id, id from sign_ins where hour < ${at(before)} order by hour limit ${PURGE_BATCH})`;
  return gone.count;
}
