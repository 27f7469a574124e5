import type { Db, SystemTx, TenantTx } from "../db/index.ts";
import type { TenantId } from "../kernel/id.ts";
import type { Tally } from "./decide-sign-in.ts";

/** A key of 16 octets, in hexadecimal. */
export type FailureKey = string;

const PURGE_BATCH = 10_000;
const at = (ms: number): string => new Date(ms).toISOString();
const octets = (keys: readonly FailureKey[]): string[] => keys.map((key) => `\\x${key}`);

/** What is known of these keys, in one round trip. The tables are no tenant's; any tenant may be named.
 * @returns the failures by key, and when the network was last signed in from (null: never) @throws {MailError} unavailable */
export async function readSignInFailures(
  db: Db,
  tenantId: TenantId,
  keys: readonly FailureKey[],
  network: FailureKey,
): Promise<{ readonly tallies: ReadonlyMap<FailureKey, Tally>; readonly knownAt: number | null }> {
  const rows = await db.tenantStatement(
    tenantId,
    (sql) => sql<{ key: string | null; failures: number; lastAt: number }[]>`
      select encode(key, 'hex') as key, failures, (extract(epoch from last_at) * 1000)::float8 as "lastAt"
      from sign_in_failures where key = any(${octets(keys)}::text[]::bytea[])
      union all
      select null, 0, (extract(epoch from last_at) * 1000)::float8 from sign_in_networks where key = ${`\\x${network}`}::text::bytea`,
  );
  const tallies = new Map<FailureKey, Tally>();
  let knownAt: number | null = null;
  for (const { key, failures, lastAt } of rows)
    if (key === null) knownAt = lastAt;
    else tallies.set(key, { failures, lastAt });
  return { tallies, knownAt };
}

/** Takes the one attempt that may be made now for each of these keys: it succeeds for whoever comes first.
 * @param claims with the moment of the last attempt as it was read
 * @returns false: somebody else has one of them @throws {MailError} unavailable */
export async function claimSignInAttempts(
  db: Db,
  tenantId: TenantId,
  claims: ReadonlyMap<FailureKey, number>,
  now: number,
): Promise<boolean> {
  const lasts = [...claims.values()].map(at);
  // Rows are locked in the order of their keys, here and below, so that nobody waits for each other in a circle.
  const taken = await db.tenantStatement(
    tenantId,
    (sql) => sql`
      with mine as (
        select f.key from unnest(${octets([...claims.keys()])}::text[]::bytea[], ${lasts}::timestamptz[]) c (key, last_at)
        join sign_in_failures f on f.key = c.key and date_trunc('milliseconds', f.last_at) = c.last_at order by f.key for update of f
      )
      update sign_in_failures f set last_at = ${at(now)} from mine where f.key = mine.key returning 1`,
  );
  return taken.length === claims.size;
}

/** Counts one failure for each key. @param forgottenBefore what was last counted before starts anew
 * @returns how many there are now, by key */
export async function countSignInFailure(
  tx: TenantTx,
  keys: readonly FailureKey[],
  now: number,
  forgottenBefore: number,
): Promise<ReadonlyMap<FailureKey, number>> {
  const rows = await tx<{ key: string; failures: number }[]>`
    insert into sign_in_failures as f (key, failures, last_at)
    select k, 1, ${at(now)} from unnest(${octets(keys)}::text[]::bytea[]) k order by k
    on conflict (key) do update set last_at = greatest(f.last_at, excluded.last_at),
      failures = case when f.last_at < ${at(forgottenBefore)} then 1 else least(f.failures, 1000000) + 1 end
    returning encode(key, 'hex') as key, failures`;
  return new Map(rows.map((row) => [row.key, row.failures]));
}

export interface Forgiveness {
  /** Their failures are forgotten. */
  readonly gone: readonly FailureKey[];
  /** So many failures were this account's own. */
  readonly own: number;
  readonly lessened: readonly FailureKey[];
  /** The network that is known from now on. */
  readonly network: FailureKey;
  readonly now: number;
}

/** Writes down that the right password was given. @throws {MailError} unavailable */
export async function forgiveSignInFailures(
  db: Db,
  tenantId: TenantId,
  { gone, own, lessened, network, now }: Forgiveness,
): Promise<void> {
  await db.tenantStatement(
    tenantId,
    (sql) => sql`
      with locked as (
        select key from sign_in_failures where key = any(${octets([...gone, ...lessened])}::text[]::bytea[]) order by key for update
      ), less as (
        update sign_in_failures f set failures = greatest(0, f.failures - case when f.key = any(${octets(gone)}::text[]::bytea[]) then f.failures else ${own} end)
        from locked where f.key = locked.key
      )
      insert into sign_in_networks as n (key, last_at) values (${`\\x${network}`}::text::bytea, ${at(now)})
      on conflict (key) do update set last_at = greatest(n.last_at, excluded.last_at)`,
  );
}

/** Forgets what was last counted before a moment, some of it. @returns how many rows; 0: no more */
export async function purgeSignInFailures(
  tx: SystemTx,
  failuresBefore: number,
  networksBefore: number,
): Promise<number> {
  const failures = await tx`
    delete from sign_in_failures where key in (
      select key from sign_in_failures where last_at < ${at(failuresBefore)} limit ${PURGE_BATCH})`;
  const networks = await tx`
    delete from sign_in_networks where key in (
      select key from sign_in_networks where last_at < ${at(networksBefore)} limit ${PURGE_BATCH})`;
  return failures.count + networks.count;
}

/** Something that administrators have to hear of, once a day. */
export interface SignInAttack {
  /** the account's address, or where the attempts come from */
  readonly subject: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
  /** milliseconds since the epoch */
  readonly at: number;
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export async function insertSignInAttack(tx: TenantTx, attack: SignInAttack): Promise<void> {
  await tx`insert into sign_in_attacks (tenant_id, subject, day, detail, at)
    values (${tx.tenantId}, ${attack.subject}, ${dayOf(attack.at)}, ${tx.json(attack.detail)}, ${at(attack.at)})
    on conflict do nothing`;
}

/** The tenants whose administrators have not been told yet. */
export async function listAttackedTenants(tx: SystemTx): Promise<TenantId[]> {
  const rows = await tx<{ tenantId: TenantId }[]>`
    select distinct tenant_id as "tenantId" from sign_in_attacks where told_at is null limit 1000`;
  return rows.map((row) => row.tenantId);
}

/** What a tenant's administrators have not been told yet. */
export async function listUntoldAttacks(tx: TenantTx): Promise<SignInAttack[]> {
  return tx<SignInAttack[]>`
    select subject, detail, (extract(epoch from at) * 1000)::float8 as at from sign_in_attacks
    where tenant_id = ${tx.tenantId} and told_at is null order by at limit 100`;
}

/** An attack as it is kept. */
export interface StoredAttack extends SignInAttack {
  /** `2026-03-01`, of UTC */
  readonly day: string;
}

/** The latest first. @param after day and subject of the last one of the page before */
export async function listAttacks(
  tx: TenantTx,
  { limit, after }: { limit: number; after: readonly [day: string, subject: string] | null },
): Promise<StoredAttack[]> {
  return tx<StoredAttack[]>`
    select subject, to_char(day, 'YYYY-MM-DD') as day, detail, (extract(epoch from at) * 1000)::float8 as at from sign_in_attacks
    where tenant_id = ${tx.tenantId}
      ${after === null ? tx`` : tx`and (day < ${after[0]} or (day = ${after[0]} and subject > ${after[1]}))`}
    order by day desc, subject limit ${limit}`;
}

export async function markAttackTold(
  tx: TenantTx,
  attack: Pick<SignInAttack, "subject" | "at">,
  now: number,
): Promise<void> {
  await tx`update sign_in_attacks set told_at = ${at(now)}
    where tenant_id = ${tx.tenantId} and subject = ${attack.subject} and day = ${dayOf(attack.at)}`;
}

/** Forgets attacks that were told of long ago. */
export async function purgeSignInAttacks(tx: SystemTx, before: number): Promise<void> {
  await tx`delete from sign_in_attacks where at < ${at(before)}`;
}
