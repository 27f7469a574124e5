import type { AddressBookEntry } from "../contract/address-book.ts";
import type { TenantTx } from "../db/index.ts";

/** An entry with the text that the list is ordered by. */
export interface DirectoryRow extends AddressBookEntry {
  readonly key: string;
}

type Key = readonly [text: string, id: string];

const accountColumns = (tx: TenantTx) => tx`
  a.id, case when a.kind = 'person' then 'person' else coalesce(r.kind, 'shared') end as kind, a.address, a.name,
  coalesce(p.job_title, '') as "jobTitle", coalesce(p.unit, '') as unit, coalesce(p.phone, '') as phone`;

const accountJoins = (tx: TenantTx) => tx`
  left join account_profiles p on p.tenant_id = ${tx.tenantId} and p.account_id = a.id
  left join resources r on r.tenant_id = ${tx.tenantId} and r.account_id = a.id`;

const isListed = (tx: TenantTx) => tx`a.disabled_at is null and not coalesce(p.is_unlisted, false)`;

const groupColumns = (tx: TenantTx) => tx`
  g.id, 'group' as kind, g.address, g.name, '' as "jobTitle", '' as unit, '' as phone`;

/** All that is in the address book, by address: a few rows of each kind by its index. */
export async function listDirectory(
  tx: TenantTx,
  { after, limit }: { readonly after: Key | null; readonly limit: number },
): Promise<DirectoryRow[]> {
  const of = (kind: "person" | "shared") => tx`
    (select ${accountColumns(tx)}, a.address as key from accounts a ${accountJoins(tx)}
      where a.tenant_id = ${tx.tenantId} and a.kind = ${kind} and ${isListed(tx)}
        ${after === null ? tx`` : tx`and (a.address, a.id) > (${after[0]}, ${after[1]}::uuid)`}
      order by a.address, a.id limit ${limit})`;
  return tx<DirectoryRow[]>`
    select * from (
      ${of("person")} union all ${of("shared")} union all
      (select ${groupColumns(tx)}, g.address as key from mail_groups g where g.tenant_id = ${tx.tenantId}
        ${after === null ? tx`` : tx`and (g.address, g.id) > (${after[0]}, ${after[1]}::uuid)`}
        order by g.address, g.id limit ${limit})
    ) e order by key, id limit ${limit}`;
}

/** What has words that begin so, by the first such word; each entry once. @param words all must fit, the most telling first */
export async function searchDirectory(
  tx: TenantTx,
  words: readonly [string, ...string[]],
  { after, limit }: { readonly after: Key | null; readonly limit: number },
): Promise<DirectoryRow[]> {
  const [first, ...others] = words;
  const begins = (word: string) => tx`>= fold_text(${word})`;
  const ends = (word: string) => tx`< fold_text(${word}) || chr(1114111)`;
  return tx<DirectoryRow[]>`
    select e.*, w.word as key from directory_words w
    cross join lateral (
      (select ${accountColumns(tx)} from accounts a ${accountJoins(tx)}
        where a.tenant_id = ${tx.tenantId} and a.id = w.entry_id and ${isListed(tx)} offset 0)
      union all
      (select ${groupColumns(tx)} from mail_groups g where g.tenant_id = ${tx.tenantId} and g.id = w.entry_id offset 0)
    ) e
    where w.tenant_id = ${tx.tenantId} and w.word ${begins(first)} and w.word ${ends(first)}
      ${after === null ? tx`` : tx`and (w.word, w.entry_id) > (${after[0]}, ${after[1]}::uuid)`}
      and not exists (select from directory_words o where o.tenant_id = ${tx.tenantId} and o.entry_id = w.entry_id
        and o.word ${begins(first)} and o.word < w.word)
      ${others.reduce(
        (before, word) => tx`${before} and exists (select from directory_words o
          where o.tenant_id = ${tx.tenantId} and o.entry_id = w.entry_id and o.word ${begins(word)} and o.word ${ends(word)})`,
        tx``,
      )}
    order by w.word, w.entry_id limit ${limit}`;
}
