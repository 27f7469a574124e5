import type { Person, PersonCard, PersonChange, PersonState } from "../contract/people.ts";
import type { SystemTx, TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId } from "../kernel/id.ts";
import type { Role } from "../tenants/index.ts";

/** What a list is narrowed to. */
export interface PeopleFilter {
  readonly domain?: string | undefined;
  readonly state?: PersonState | undefined;
  readonly role?: Role | undefined;
  /** of who asks; null: all */
  readonly domains: readonly string[] | null;
}

/** Where a page goes on: the text that the list is ordered by, and the id. */
export type PeopleKey = readonly [text: string, id: string];

/** A row of a list with the key by which the next page seeks. */
export interface PersonRow extends Person {
  readonly id: AccountId;
  readonly key: string;
}

const state = (
  tx: TenantTx,
) => tx`case when a.removed_at is not null then 'removed' when a.disabled_at is not null then 'disabled'
  when a.invited_at is not null then 'invited' else 'active' end as state`;

/** One look-up by key for each row that is shown. */
const columns = (tx: TenantTx) => tx`
  a.id, a.address, a.name, a.locale, a.quota_bytes as "quotaBytes", a.used_bytes as "usedBytes", ${state(tx)},
  array(select d.address from addresses d where d.tenant_id = ${tx.tenantId} and d.account_id = a.id and d.address <> a.address
    order by d.address) as aliases,
  array(select g.role from role_grants g where g.tenant_id = ${tx.tenantId} and g.account_id = a.id order by g.role) as roles,
  (select to_char(date_trunc('hour', i.last_at at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') from sign_ins i
    where i.tenant_id = ${tx.tenantId} and i.account_id = a.id and i.succeeded order by i.id desc limit 1) as "lastSignInAt",
  to_char(a.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "createdAt"`;

const STATES = {
  active: (tx: TenantTx) => tx`and a.removed_at is null and a.disabled_at is null and a.invited_at is null`,
  invited: (tx: TenantTx) =>
    tx`and a.removed_at is null and a.disabled_at is null and a.invited_at is not null`,
  disabled: (tx: TenantTx) => tx`and a.removed_at is null and a.disabled_at is not null`,
  removed: (tx: TenantTx) => tx`and a.removed_at is not null and a.disabled_at is not null`,
} as const;

/** The domains that a list is narrowed to; null: none. */
function domainsOf({ domain, domains }: PeopleFilter): readonly string[] | null {
  if (domain === undefined) return domains;
  return domains === null || domains.includes(domain) ? [domain] : [];
}

/** All but the domain. */
function narrowed(tx: TenantTx, { state: wanted, role }: PeopleFilter) {
  return tx`a.tenant_id = ${tx.tenantId} and a.kind = 'person'
    ${wanted === undefined ? tx`and a.removed_at is null` : STATES[wanted](tx)}
    ${
      role === undefined
        ? tx``
        : tx`and a.id = any(array(select g.account_id from role_grants g where g.tenant_id = ${tx.tenantId} and g.role = ${role}))`
    }`;
}

const begins = (tx: TenantTx, word: string) => tx`>= fold_text(${word})`;
const ends = (tx: TenantTx, word: string) => tx`< fold_text(${word}) || chr(1114111)`;

/** Whether an entry has words that begin so, all of them. */
const hasWords = (tx: TenantTx, entry: string, words: readonly string[]) =>
  words.reduce(
    (
      before,
      word,
    ) => tx`${before} and exists (select from directory_words e where e.tenant_id = ${tx.tenantId}
      and e.entry_id = ${tx(entry)} and e.word ${begins(tx, word)} and e.word ${ends(tx, word)})`,
    tx``,
  );

/** People by address. @param after where the page before ended   @param words all must fit */
export async function listPeople(
  tx: TenantTx,
  filter: PeopleFilter,
  { after, limit }: { readonly after: PeopleKey | null; readonly limit: number },
  words: readonly string[] = [],
): Promise<PersonRow[]> {
  const domains = domainsOf(filter);
  const page = tx`and ${narrowed(tx, filter)}
    ${after === null ? tx`` : tx`and (a.address, a.id) > (${after[0]}, ${after[1]}::uuid)`}
    ${hasWords(tx, "a.id", words)} order by a.address, a.id limit ${limit}`;
  // Each domain by its own index: among many people of others few would fit.
  const found =
    domains === null
      ? tx`(select a.* from accounts a where true ${page})`
      : tx`unnest(${[...domains]}::text[]) d cross join lateral (select a.* from accounts a where a.domain = d ${page})`;
  return tx<PersonRow[]>`
    select ${columns(tx)}, a.address as key from ${found} a order by a.address, a.id limit ${limit}`;
}

/** How many entries have a word that begins so, counted up to a number. */
export async function countWords(tx: TenantTx, word: string, most: number): Promise<number> {
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count from (select from directory_words w where w.tenant_id = ${tx.tenantId}
      and w.word ${begins(tx, word)} and w.word ${ends(tx, word)} limit ${most}) found`;
  return row?.count ?? 0;
}

/** People with words that begin so, by the first such word; each of them once. Reads the index of words in its order, so that a page costs
 * the same however many there are, unless most of what it finds is narrowed away.
 * @param words what is looked for, the most telling first; all must fit */
export async function searchPeople(
  tx: TenantTx,
  filter: PeopleFilter,
  words: readonly [string, ...string[]],
  { after, limit }: { readonly after: PeopleKey | null; readonly limit: number },
): Promise<PersonRow[]> {
  const [first, ...others] = words;
  const domains = domainsOf(filter);
  return tx<PersonRow[]>`
    select ${columns(tx)}, w.word as key from directory_words w
    cross join lateral (select * from accounts a where ${narrowed(tx, filter)} and a.id = w.entry_id
      ${domains === null ? tx`` : tx`and a.domain = any(${[...domains]}::text[])`} offset 0) a
    where w.tenant_id = ${tx.tenantId} and w.word ${begins(tx, first)} and w.word ${ends(tx, first)}
      ${after === null ? tx`` : tx`and (w.word, w.entry_id) > (${after[0]}, ${after[1]}::uuid)`}
      and not exists (select from directory_words e where e.tenant_id = ${tx.tenantId} and e.entry_id = w.entry_id
        and e.word ${begins(tx, first)} and e.word < w.word)
      ${hasWords(tx, "w.entry_id", others)}
    order by w.word, w.entry_id limit ${limit}`;
}

/** A person as the one who changes them has to know them. */
export interface FoundPerson {
  readonly id: AccountId;
  readonly address: string;
  readonly domain: string;
  readonly name: string;
  readonly locale: string;
  readonly state: PersonState;
  readonly roles: readonly Role[];
}

/** A person, and nobody changes them until the transaction ends. @returns undefined: there is none, or it is a shared account */
export async function lockPerson(tx: TenantTx, id: string): Promise<FoundPerson | undefined> {
  const [row] = await tx<FoundPerson[]>`
    select a.id, a.address, a.domain, a.name, a.locale, ${state(tx)},
      array(select g.role from role_grants g where g.tenant_id = ${tx.tenantId} and g.account_id = a.id order by g.role) as roles
    from accounts a where a.tenant_id = ${tx.tenantId} and a.id = ${id} and a.kind = 'person' for no key update`;
  return row;
}

/** A person, and what only their own page shows. */
export type PersonPage = Person &
  PersonCard & {
    readonly groups: string[];
    readonly sentTo: string | null;
    /** ISO 8601; null: there is no invitation that can still be used */
    readonly invitedUntil: string | null;
    readonly appPasswords: number;
    readonly sessions: number;
  };

/** @param now milliseconds since the epoch @throws {MailError} account_unknown */
export async function readPersonPage(tx: TenantTx, id: AccountId, now: number): Promise<PersonPage> {
  const at = new Date(now).toISOString();
  const [row] = await tx<PersonPage[]>`
    select ${columns(tx)}, coalesce(p.job_title, '') as "jobTitle", coalesce(p.unit, '') as unit, coalesce(p.phone, '') as phone,
      coalesce(p.is_unlisted, false) as "isUnlisted",
      array(select g.address from mail_group_members m join mail_groups g on g.tenant_id = m.tenant_id and g.id = m.group_id
        where m.tenant_id = ${tx.tenantId} and m.account_id = a.id order by g.address) as groups,
      i.sent_to as "sentTo", to_char(i.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "invitedUntil",
      (select count(*)::int from credentials c
        where c.tenant_id = ${tx.tenantId} and c.account_id = a.id and c.kind = 'app_password') as "appPasswords",
      (select count(*)::int from web_sessions s
        where s.tenant_id = ${tx.tenantId} and s.account_id = a.id and s.expires_at > ${at}) as sessions
    from accounts a
    left join account_profiles p on p.tenant_id = ${tx.tenantId} and p.account_id = a.id
    left join invitations i on i.tenant_id = ${tx.tenantId} and i.account_id = a.id and i.expires_at > ${at} and a.disabled_at is null
    where a.tenant_id = ${tx.tenantId} and a.id = ${id} and a.kind = 'person'`;
  if (row === undefined) throw new MailError("account_unknown", { id });
  return row;
}

/** Changes what is named of name, language and quota. */
export async function updatePerson(
  tx: TenantTx,
  id: AccountId,
  { name, locale, quotaBytes }: Pick<PersonChange, "name" | "locale" | "quotaBytes">,
): Promise<void> {
  // A name that stays is not set: it is what the index of words is made of.
  await tx`update accounts set locale = coalesce(${locale ?? null}, locale), quota_bytes = coalesce(${quotaBytes ?? null}, quota_bytes)
    ${name === undefined ? tx`` : tx`, name = ${name}`} where tenant_id = ${tx.tenantId} and id = ${id}`;
}

/** Changes what is named of the card. */
export async function updateCard(tx: TenantTx, id: AccountId, card: Partial<PersonCard>): Promise<void> {
  const { jobTitle, unit, phone, isUnlisted } = card;
  await tx`
    insert into account_profiles as p (tenant_id, account_id, job_title, unit, phone, is_unlisted)
    values (${tx.tenantId}, ${id}, ${jobTitle ?? ""}, ${unit ?? ""}, ${phone ?? ""}, ${isUnlisted ?? false})
    on conflict (tenant_id, account_id) do update set job_title = coalesce(${jobTitle ?? null}, p.job_title),
      unit = coalesce(${unit ?? null}, p.unit), phone = coalesce(${phone ?? null}, p.phone),
      is_unlisted = coalesce(${isUnlisted ?? null}, p.is_unlisted)`;
}

/** Makes an address the own one; the own one before stays theirs. @throws {MailError} address_exists: somebody else has it */
export async function moveToAddress(tx: TenantTx, id: AccountId, address: string): Promise<void> {
  await tx`insert into addresses (tenant_id, account_id, address) values (${tx.tenantId}, ${id}, ${address}) on conflict do nothing`;
  const [own] = await tx`
    select 1 from addresses where tenant_id = ${tx.tenantId} and address = ${address} and account_id = ${id}`;
  if (own === undefined) throw new MailError("address_exists", { address });
  await tx`update accounts set address = ${address} where tenant_id = ${tx.tenantId} and id = ${id}`;
}

/** Switches an account on or off, or hides it too. @param now milliseconds since the epoch */
export async function setPersonState(
  tx: TenantTx,
  id: AccountId,
  wanted: "enabled" | "disabled" | "removed",
  now: number,
): Promise<void> {
  const at = new Date(now).toISOString();
  await tx`update accounts set
      disabled_at = ${wanted === "enabled" ? null : tx`coalesce(disabled_at, ${at}::timestamptz)`},
      removed_at = ${wanted === "removed" ? at : null}
    where tenant_id = ${tx.tenantId} and id = ${id}`;
}

/** Whether nobody has chosen the password yet. @param now milliseconds since the epoch; null: somebody has */
export async function setInvited(tx: TenantTx, id: AccountId, now: number | null): Promise<void> {
  await tx`update accounts set invited_at = ${now === null ? null : new Date(now).toISOString()}
    where tenant_id = ${tx.tenantId} and id = ${id}`;
}

/** Gives up all addresses of an account, so that others can have them. @returns them */
export async function releaseAddresses(tx: TenantTx, id: AccountId): Promise<string[]> {
  const rows = await tx<{ address: string }[]>`
    delete from addresses where tenant_id = ${tx.tenantId} and account_id = ${id} returning address`;
  return rows.map((row) => row.address);
}

/** What ended. */
export interface EndedAccess {
  readonly sessions: number;
  readonly tokens: number;
  readonly appPasswords: number;
}

/** The channel on which processes hear whose connections they have to close: the account's id. */
export const ENDED_CHANNEL = "angelia_ended";

/** Signs an account out everywhere: browsers, access tokens, connections of mail programs; with `appPasswords` programs do not come back. */
export async function endAccess(
  tx: TenantTx,
  id: AccountId,
  { appPasswords }: { readonly appPasswords: boolean },
): Promise<EndedAccess> {
  const sessions = await tx`delete from web_sessions where tenant_id = ${tx.tenantId} and account_id = ${id}`;
  const gone = await tx<{ kind: string }[]>`
    delete from credentials where tenant_id = ${tx.tenantId} and account_id = ${id}
      and kind = any(${appPasswords ? ["token", "app_password"] : ["token"]}::text[]) returning kind`;
  // Sent with the commit, or not at all.
  await tx`select pg_notify(${ENDED_CHANNEL}, ${id})`;
  return {
    sessions: sessions.count,
    tokens: gone.filter((one) => one.kind === "token").length,
    appPasswords: gone.filter((one) => one.kind === "app_password").length,
  };
}

/** Which of these accounts are switched off. */
export async function listSwitchedOff(tx: SystemTx, ids: readonly AccountId[]): Promise<AccountId[]> {
  const rows = await tx<{ id: AccountId }[]>`
    select id from accounts where kind = 'person' and disabled_at is not null and id = any(${[...ids]}::uuid[])`;
  return rows.map((row) => row.id);
}
