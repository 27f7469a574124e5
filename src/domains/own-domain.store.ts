import type { DmarcPolicy, MtaStsMode } from "../contract/domains.ts";
import type { SystemTx, TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import type { DomainLook } from "./domain-look.ts";

/** A domain of a tenant with all that is known about it. Times are milliseconds since the epoch. */
export interface OwnDomain {
  readonly name: string;
  readonly token: string;
  readonly claimedAt: number;
  readonly provenAt: number | null;
  /** what the tenant was told about the proof */
  readonly knownProven: boolean;
  readonly isPrimary: boolean;
  readonly isLive: boolean;
  readonly problems: number;
  readonly look: DomainLook | null;
  readonly checkedAt: number | null;
  readonly nextCheckAt: number | null;
  /** when somebody last did something about it */
  readonly askedAt: number;
  readonly contestedSince: number | null;
  readonly dmarcPolicy: DmarcPolicy;
  readonly stsMode: MtaStsMode;
  readonly stsChangedAt: number;
  readonly zoneToldAt: number | null;
  /** of people and groups */
  readonly addresses: number;
}

const at = (ms: number): string => new Date(ms).toISOString();
const ms = (tx: TenantTx | SystemTx, column: string) =>
  tx`(extract(epoch from ${tx(column)}) * 1000)::bigint`;

const columns = (tx: TenantTx) => tx`
  d.name, d.token, ${ms(tx, "d.created_at")} as "claimedAt", ${ms(tx, "d.proven_at")} as "provenAt", d.known_proven as "knownProven",
  d.is_primary or (not exists (select from domains p where p.tenant_id = d.tenant_id and p.is_primary)
    and d.name = (select o.name from domains o where o.tenant_id = d.tenant_id and o.proven_at is not null
      order by o.created_at, o.name limit 1)) as "isPrimary",
  d.is_live as "isLive", d.problems, d.look, ${ms(tx, "d.checked_at")} as "checkedAt", ${ms(tx, "d.next_check_at")} as "nextCheckAt",
  ${ms(tx, "d.asked_at")} as "askedAt",
  ${ms(tx, "d.contested_since")} as "contestedSince", d.dmarc_policy as "dmarcPolicy", d.sts_mode as "stsMode",
  ${ms(tx, "d.sts_changed_at")} as "stsChangedAt", ${ms(tx, "d.zone_told_at")} as "zoneToldAt",
  (select count(*)::int from addresses a where a.tenant_id = d.tenant_id and a.domain = d.name) as addresses`;

/** The tenant's domains by name, from after `after` on. */
export async function listOwnDomains(
  tx: TenantTx,
  {
    after,
    limit,
    only,
  }: { readonly after: string; readonly limit: number; readonly only: readonly string[] | null },
): Promise<OwnDomain[]> {
  const within = only === null ? null : [...only];
  return tx<OwnDomain[]>`
    select ${columns(tx)} from domains d
    where d.tenant_id = ${tx.tenantId} and d.name > ${after} and (${within}::text[] is null or d.name = any(${within}::text[]))
    order by d.name limit ${limit}`;
}

/** @throws {MailError} domain_unknown */
export async function readOwnDomain(tx: TenantTx, name: string): Promise<OwnDomain> {
  const [row] = await tx<OwnDomain[]>`
    select ${columns(tx)} from domains d where d.tenant_id = ${tx.tenantId} and d.name = ${name}`;
  if (row === undefined) throw new MailError("domain_unknown", { domain: name });
  return row;
}

export async function countOwnDomains(tx: TenantTx): Promise<number> {
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count from domains where tenant_id = ${tx.tenantId}`;
  return row?.count ?? 0;
}

/** What one look changes. */
export interface LookedAt {
  readonly look: DomainLook;
  readonly now: number;
  readonly nextCheckAt: number;
  readonly problems: number;
  readonly isLive: boolean;
  /** when somebody last did something about it */
  readonly askedAt: number;
}

export async function saveLook(tx: TenantTx, name: string, one: LookedAt): Promise<void> {
  // A domain whose mail comes here for the first time gets its policy (MTA-STS): our name server says a new id.
  await tx`
    update domains set look = ${tx.json(JSON.parse(JSON.stringify(one.look)))}, checked_at = ${at(one.now)},
      next_check_at = ${at(one.nextCheckAt)}, asked_at = ${at(one.askedAt)}, problems = ${one.problems}, is_live = ${one.isLive},
      sts_changed_at = case when is_live = ${one.isLive}::boolean then sts_changed_at else ${at(one.now)}::timestamptz end,
      zone_told_at = case when is_live = ${one.isLive}::boolean then zone_told_at end
    where tenant_id = ${tx.tenantId} and name = ${name}`;
}

/** When it is due again; null: never by itself. */
export async function setNextCheck(tx: TenantTx, name: string, nextCheckAt: number | null): Promise<void> {
  await tx`
    update domains set next_check_at = ${nextCheckAt === null ? null : at(nextCheckAt)}
    where tenant_id = ${tx.tenantId} and name = ${name}`;
}

/** The domain is the tenant's, if nobody has been faster.
 * @returns false: it was already @throws {MailError} domain_exists: another tenant has proven it in this moment */
export async function proveDomain(tx: TenantTx, name: string, now: number): Promise<boolean> {
  try {
    const rows = await tx.savepoint(
      (inner) => inner`
        update domains set proven_at = ${at(now)}, contested_since = null, zone_told_at = null
        where tenant_id = ${tx.tenantId} and name = ${name} and proven_at is null returning 1`,
    );
    return rows.length > 0;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "23505")
      throw new MailError("domain_exists", { name }, { cause: error });
    throw error;
  }
}

/** The tenant has been told whether the domain is its own. */
export async function markProofKnown(tx: TenantTx, name: string, knownProven: boolean): Promise<void> {
  await tx`
    update domains set known_proven = ${knownProven} where tenant_id = ${tx.tenantId} and name = ${name}`;
}

/** @param since null: the contest is over */
export async function setContest(tx: TenantTx, name: string, since: number | null): Promise<void> {
  await tx`
    update domains set contested_since = ${since === null ? null : at(since)}
    where tenant_id = ${tx.tenantId} and name = ${name}`;
}

export async function updateOwnDomain(
  tx: TenantTx,
  name: string,
  change: { readonly dmarcPolicy?: DmarcPolicy | undefined; readonly mtaSts?: MtaStsMode | undefined },
  now: number,
): Promise<void> {
  await tx`
    update domains set dmarc_policy = coalesce(${change.dmarcPolicy ?? null}, dmarc_policy),
      sts_mode = coalesce(${change.mtaSts ?? null}, sts_mode),
      sts_changed_at = case when ${change.mtaSts ?? null}::text is null then sts_changed_at else ${at(now)}::timestamptz end,
      zone_told_at = null
    where tenant_id = ${tx.tenantId} and name = ${name}`;
}

/** @throws {MailError} domain_in_use: as long as anything has an address in it */
export async function deleteOwnDomain(tx: TenantTx, name: string): Promise<void> {
  const [used] = await tx<{ addresses: number }[]>`
    select count(*)::int as addresses from addresses
    where tenant_id = ${tx.tenantId} and domain = ${name}`;
  const addresses = used?.addresses ?? 0;
  if (addresses > 0) throw new MailError("domain_in_use", { domain: name, addresses });
  await tx`delete from domains where tenant_id = ${tx.tenantId} and name = ${name}`;
}

/** Counts a letter about the domain. @returns false: there were as many as there may be in this day */
export async function countLetter(tx: TenantTx, name: string, now: number, most: number): Promise<boolean> {
  const dayAgo = at(now - 86_400_000);
  const [row] = await tx`
    update domains set letters = case when letters_since > ${dayAgo} then letters + 1 else 1 end,
      letters_since = case when letters_since > ${dayAgo} then letters_since else ${at(now)}::timestamptz end
    where tenant_id = ${tx.tenantId} and name = ${name}
      and (letters_since is null or letters_since <= ${dayAgo} or letters < ${most}) returning 1`;
  return row !== undefined;
}

/** Domains of all tenants that are due to be looked at, the longest due first. */
export async function listDueDomains(
  tx: SystemTx,
  now: number,
  limit: number,
): Promise<{ tenantId: TenantId; name: string }[]> {
  return tx<{ tenantId: TenantId; name: string }[]>`
    select tenant_id as "tenantId", name from domains where next_check_at <= ${at(now)} order by next_check_at limit ${limit}`;
}

/** What our zone says for a domain. */
export interface ZoneDomain {
  readonly tenantId: TenantId;
  readonly name: string;
  readonly token: string;
  readonly dmarcPolicy: DmarcPolicy;
  readonly stsChangedAt: number;
}

/** Proven domains of all tenants by name, from after `after` on.
 * @param untold only those of which our name server does not know yet */
export async function listZoneDomains(
  tx: SystemTx,
  { after, limit, untold }: { readonly after: string; readonly limit: number; readonly untold: boolean },
): Promise<ZoneDomain[]> {
  return tx<ZoneDomain[]>`
    select tenant_id as "tenantId", name, token, dmarc_policy as "dmarcPolicy", ${ms(tx, "sts_changed_at")} as "stsChangedAt"
    from domains where proven_at is not null and name > ${after} ${untold ? tx`and zone_told_at is null` : tx``}
    order by name limit ${limit}`;
}

/** The same for those whose DNS hands `_domainkey` or `_dmarc` on to our name servers. */
export async function listDelegatedDomains(
  tx: SystemTx,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<ZoneDomain[]> {
  return tx<ZoneDomain[]>`
    select tenant_id as "tenantId", name, token, dmarc_policy as "dmarcPolicy", ${ms(tx, "sts_changed_at")} as "stsChangedAt"
    from domains where proven_at is not null and name > ${after}
      and look @? '$.records[*] ? (@.purpose == "delegation" && @.state == "found")'
    order by name limit ${limit}`;
}

/** Our name server has what the domain's row said when it was read. */
export async function markZoneTold(tx: TenantTx, one: ZoneDomain, now: number): Promise<void> {
  await tx`
    update domains set zone_told_at = ${at(now)}
    where tenant_id = ${tx.tenantId} and name = ${one.name} and dmarc_policy = ${one.dmarcPolicy}
      and ${ms(tx, "sts_changed_at")} = ${one.stsChangedAt}`;
}

/** Who has proven a domain, and with which token it could show that it still controls it. */
export async function findHolder(
  tx: SystemTx,
  name: string,
): Promise<{ tenantId: TenantId; token: string } | undefined> {
  const [row] = await tx<{ tenantId: TenantId; token: string }[]>`
    select tenant_id as "tenantId", token from domains where name = ${name} and proven_at is not null`;
  return row;
}

/** Since when somebody contests a domain that another has proven; undefined: nobody does. */
export async function findContest(tx: SystemTx, name: string): Promise<number | undefined> {
  const [row] = await tx<{ since: number | null }[]>`
    select ${ms(tx, "contested_since")} as since from domains
    where name = ${name} and contested_since is not null order by contested_since limit 1`;
  return row?.since ?? undefined;
}

/** A domain goes from the tenant that has it to the one that contests it, in one commit. Nothing happens when it is not contested, or has
 * gone to somebody else meanwhile.
 * @returns whether it moved */
export async function moveDomain(
  tx: SystemTx,
  name: string,
  { from, to, now }: { readonly from: TenantId; readonly to: TenantId; readonly now: number },
): Promise<boolean> {
  const taken = await tx`
    update domains set proven_at = null where name = ${name} and tenant_id = ${from} and proven_at is not null
      and exists (select from domains c where c.name = ${name} and c.tenant_id = ${to} and c.contested_since is not null)
    returning 1`;
  if (taken.length === 0) return false;
  await tx`
    update domains set proven_at = ${at(now)}, contested_since = null where name = ${name} and tenant_id = ${to}`;
  return true;
}

/** What the policy of a domain says (MTA-STS); undefined: nobody has proven it, or its mail does not come here. */
export async function findStsMode(tx: SystemTx, name: string): Promise<MtaStsMode | undefined> {
  const [row] = await tx<{ mode: MtaStsMode }[]>`
    select sts_mode as mode from domains where name = ${name} and proven_at is not null and is_live`;
  return row?.mode;
}
