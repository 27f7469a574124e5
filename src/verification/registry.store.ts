import type { SystemTx, TenantTx } from "../db/index.ts";

/** An entry of an official registry. */
export interface StoredEntry {
  readonly country: string;
  readonly officialId: string;
  readonly name: string;
  readonly kind: string;
  readonly email: string | null;
  readonly postalAddress: string | null;
}

export interface NewEntry extends StoredEntry {
  readonly searchKey: string;
  readonly grams: readonly string[];
}

const columns = (tx: TenantTx | SystemTx) =>
  tx`e.country, e.official_id as "officialId", e.name, e.kind, e.email, e.postal_address as "postalAddress"`;

/** Adds entries, or replaces those that are there. None may be in the list twice. */
export async function upsertEntries(tx: SystemTx, entries: readonly NewEntry[]): Promise<void> {
  await tx`
    insert into registry_entries (country, official_id, name, kind, email, postal_address, search_key, grams)
    select country, official_id, name, kind, email, postal_address, search_key, string_to_array(grams, '|')
    from unnest(${entries.map((one) => one.country)}::text[], ${entries.map((one) => one.officialId)}::text[],
      ${entries.map((one) => one.name)}::text[], ${entries.map((one) => one.kind)}::text[], ${entries.map((one) => one.email)}::text[],
      ${entries.map((one) => one.postalAddress)}::text[], ${entries.map((one) => one.searchKey)}::text[],
      ${entries.map((one) => one.grams.join("|"))}::text[]) v(country, official_id, name, kind, email, postal_address, search_key, grams)
    on conflict (country, official_id) do update set name = excluded.name, kind = excluded.kind, email = excluded.email,
      postal_address = excluded.postal_address, search_key = excluded.search_key, grams = excluded.grams, imported_at = now()`;
}

/** Entries whose official id begins with what was typed, whose name begins with it, or whose name is like it: in this order.
 * @param typed as it was typed   @param key and `grams`: of it */
export async function findEntries(
  tx: TenantTx,
  { typed, key, grams, limit }: { typed: string; key: string; grams: readonly string[]; limit: number },
): Promise<StoredEntry[]> {
  const [byId, byName] = [typed, key].map((text) => `${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
  // A third of the groups must be there, else everything is like everything.
  const least = Math.max(1, Math.ceil(grams.length / 3));
  return tx<StoredEntry[]>`
    with found as (
      select e.*, 0 as rank, 0 as hits from registry_entries e where e.official_id like ${byId ?? ""}
      union all
      select e.*, 1, 0 from registry_entries e where ${key !== ""} and e.search_key like ${byName ?? ""}
      union all
      select * from (
        select e.*, 2, (select count(*)::int from unnest(e.grams) g where g = any(${[...grams]}::text[])) as hits
        from registry_entries e where e.grams && ${[...grams]}::text[]
      ) alike where alike.hits >= ${least}::int
    ), best as (
      select distinct on (country, official_id) * from found order by country, official_id, rank, hits desc
    )
    select ${columns(tx)} from best e
    order by e.rank, e.hits desc, length(e.name), e.name, e.country, e.official_id limit ${limit}`;
}

/** Which of these entries an agency has proven to be. */
export async function listTaken(
  tx: SystemTx,
  entries: readonly Pick<StoredEntry, "country" | "officialId">[],
): Promise<Pick<StoredEntry, "country" | "officialId">[]> {
  return tx<Pick<StoredEntry, "country" | "officialId">[]>`
    select v.country, v.official_id as "officialId" from agency_verifications v
    join unnest(${entries.map((one) => one.country)}::text[], ${entries.map((one) => one.officialId)}::text[]) w(country, official_id)
      on v.country = w.country and v.official_id = w.official_id
    where v.verified_at is not null`;
}

export async function readEntry(
  tx: TenantTx,
  country: string,
  officialId: string,
): Promise<StoredEntry | undefined> {
  const [row] = await tx<StoredEntry[]>`
    select ${columns(tx)} from registry_entries e where e.country = ${country} and e.official_id = ${officialId}`;
  return row;
}

export async function hasEntries(tx: TenantTx): Promise<boolean> {
  const [row] = await tx`select 1 from registry_entries limit 1`;
  return row !== undefined;
}
