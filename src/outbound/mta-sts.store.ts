import type { SystemTx } from "../db/index.ts";
import type { MtaStsPolicy } from "../protocol/mta-sts/index.ts";

/** A policy as it is kept. Times are milliseconds since the epoch. */
export interface KeptPolicy extends MtaStsPolicy {
  readonly domain: string;
  /** Of the TXT record that announced it. */
  readonly policyId: string;
  readonly fetchedAt: number;
  readonly expiresAt: number;
}

const at = (ms: number): string => new Date(ms).toISOString();

/** The policy of a domain if it has not run out. */
export async function readStsPolicy(tx: SystemTx, domain: string, now: number): Promise<KeptPolicy | null> {
  const [row] = await tx<KeptPolicy[]>`
    select domain, policy_id as "policyId", mode, mx, max_age as "maxAge",
      (extract(epoch from fetched_at) * 1000)::bigint as "fetchedAt", (extract(epoch from expires_at) * 1000)::bigint as "expiresAt"
    from mta_sts_policies where domain = ${domain} and expires_at > ${at(now)}`;
  return row ?? null;
}

/** Keeps a policy in place of the one before. */
export async function upsertStsPolicy(tx: SystemTx, kept: KeptPolicy): Promise<void> {
  await tx`
    insert into mta_sts_policies (domain, policy_id, mode, mx, max_age, fetched_at, expires_at)
    values (${kept.domain}, ${kept.policyId}, ${kept.mode}, ${[...kept.mx]}, ${kept.maxAge}, ${at(kept.fetchedAt)}, ${at(kept.expiresAt)})
    on conflict (domain) do update set policy_id = excluded.policy_id, mode = excluded.mode, mx = excluded.mx,
      max_age = excluded.max_age, fetched_at = excluded.fetched_at, expires_at = excluded.expires_at`;
}

/** Domains whose policy was fetched before a moment and is still in force: those to look at again (RFC 8461 §10.2). */
export async function listStsDomains(tx: SystemTx, fetchedBefore: number, now: number): Promise<string[]> {
  const rows = await tx<{ domain: string }[]>`
    select domain from mta_sts_policies where fetched_at < ${at(fetchedBefore)} and expires_at > ${at(now)}
    order by expires_at limit 10000`;
  return rows.map((row) => row.domain);
}

/** Forgets the policies that have run out. */
export async function deleteExpiredStsPolicies(tx: SystemTx, now: number): Promise<void> {
  await tx`delete from mta_sts_policies where expires_at <= ${at(now)}`;
}
