-- People of an agency: how they are found, invited, brought in by lists and hidden; offices that are held for a time.

alter table accounts
  -- of the own address; what a domain admin may touch is asked by it
  add column domain text not null generated always as (split_part(address, '@', 2)) stored,
  -- nobody has chosen the password yet
  add column invited_at timestamptz,
  -- hidden from all lists; disabled_at is set too
  add column removed_at timestamptz,
  add constraint accounts_removed_check check (removed_at is null or disabled_at is not null);
-- Lists of people go by address; those who are in another state are few.
create index accounts_by_address on accounts (tenant_id, kind, address);
create index accounts_by_domain on accounts (tenant_id, domain, address) where kind = 'person';
create index accounts_disabled on accounts (tenant_id, address) where kind = 'person' and disabled_at is not null;
create index accounts_invited on accounts (tenant_id, address) where kind = 'person' and invited_at is not null;

-- Processes whose connection was away ask whose sessions they have to end.
grant select (kind, disabled_at) on accounts to angelia_system;

-- What the address book says of an account. Beside `accounts`, whose rows every delivery writes anew.
create table account_profiles (
  tenant_id uuid not null,
  account_id uuid not null,
  job_title text not null default '' check (length(job_title) <= 200),
  unit text not null default '' check (length(unit) <= 200),
  phone text not null default '' check (length(phone) <= 200),
  -- not in the address book
  is_unlisted boolean not null default false,
  primary key (tenant_id, account_id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id)
);
alter table account_profiles enable row level security;
alter table account_profiles force row level security;
create policy tenant on account_profiles to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on account_profiles to angelia_app;

-- Rooms and equipment: accounts of kind `shared`.
create table resources (
  tenant_id uuid not null,
  account_id uuid not null,
  kind text not null check (kind in ('room', 'equipment')),
  capacity integer check (capacity > 0),
  description text not null default '' check (length(description) <= 2000),
  primary key (tenant_id, account_id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id)
);
alter table resources enable row level security;
alter table resources force row level security;
create policy tenant on resources to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on resources to angelia_app;

-- The words by which people, groups, shared mailboxes and resources are found: of their names and addresses, folded. A list of
-- words, since under row-level security an index serves only operators that are leakproof: "at least" and "below" are, LIKE is not.
create table directory_words (
  tenant_id uuid not null references tenants (id),
  word text collate "C" not null,
  -- an account's or a group's
  entry_id uuid not null,
  primary key (tenant_id, word, entry_id)
);
create index directory_words_entry on directory_words (tenant_id, entry_id, word);

-- Letters without case and accents, and one sigma: how somebody types a name that they look for.
create function fold_text(p_text text) returns text language sql immutable strict parallel safe as $$
  select replace(regexp_replace(normalize(lower(p_text collate pg_unicode_fast), nfd), U&'[\0300-\036F]', '', 'g'), 'ς', 'σ')
$$;

-- The words of a name or an address: what stands between signs, and an address also as it is.
create function words_of(p_text text) returns setof text language sql immutable strict parallel safe as $$
  select distinct left(w, 80) from (
    select unnest(regexp_split_to_array(split_part(fold_text(p_text), '@', 1), '[][\s.,;:!?"''’`´<>(){}|/\\_+*=&%#-]+')) as w
    union all
    select fold_text(p_text) where position('@' in p_text) > 1
  ) x where w <> ''
$$;

create function index_account_words() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    delete from directory_words where tenant_id = new.tenant_id and entry_id = new.id;
  end if;
  insert into directory_words (tenant_id, word, entry_id)
    select new.tenant_id, w, new.id from (
      select words_of(new.name) as w
      union select words_of(new.address)
      union select words_of(d.address) from addresses d where d.tenant_id = new.tenant_id and d.account_id = new.id
    ) x on conflict do nothing;
  return null;
end $$;
create trigger account_words after insert or update of name, address on accounts
  for each row execute function index_account_words();

create function index_group_words() returns trigger language plpgsql as $$
begin
  if tg_op in ('UPDATE', 'DELETE') then
    delete from directory_words where tenant_id = old.tenant_id and entry_id = old.id;
  end if;
  if tg_op = 'DELETE' then return null; end if;
  insert into directory_words (tenant_id, word, entry_id)
    select new.tenant_id, w, new.id from (
      select words_of(new.name) as w
      union select words_of(new.address)
      union select words_of(d.address) from addresses d where d.tenant_id = new.tenant_id and d.group_id = new.id
    ) x on conflict do nothing;
  return null;
end $$;
create trigger group_words after insert or update of name, address or delete on mail_groups
  for each row execute function index_group_words();

-- A further address adds its words; one that is taken away may share some with the name, so all are made anew.
create function index_address_words() returns trigger language plpgsql as $$
declare
  v_entry uuid := coalesce(old.account_id, old.group_id);
begin
  if tg_op in ('UPDATE', 'DELETE') then
    delete from directory_words where tenant_id = old.tenant_id and entry_id = v_entry;
    insert into directory_words (tenant_id, word, entry_id)
      select old.tenant_id, w, v_entry from (
        select words_of(a.name) as w from accounts a where a.tenant_id = old.tenant_id and a.id = v_entry
        union select words_of(a.address) from accounts a where a.tenant_id = old.tenant_id and a.id = v_entry
        union select words_of(g.name) from mail_groups g where g.tenant_id = old.tenant_id and g.id = v_entry
        union select words_of(g.address) from mail_groups g where g.tenant_id = old.tenant_id and g.id = v_entry
        union select words_of(d.address) from addresses d
          where d.tenant_id = old.tenant_id and (d.account_id = v_entry or d.group_id = v_entry)
      ) x on conflict do nothing;
  end if;
  if tg_op in ('INSERT', 'UPDATE') then
    insert into directory_words (tenant_id, word, entry_id)
      select new.tenant_id, words_of(new.address), coalesce(new.account_id, new.group_id) on conflict do nothing;
  end if;
  return null;
end $$;
create trigger address_words after insert or delete or update of address, account_id, group_id on addresses
  for each row execute function index_address_words();

-- Those who are here already. Whoever migrates owns the tables, which `force` would confine to no tenant at all.
alter table accounts no force row level security;
alter table addresses no force row level security;
alter table mail_groups no force row level security;
insert into directory_words (tenant_id, word, entry_id)
  select tenant_id, words_of(name), id from accounts
  union select tenant_id, words_of(name), id from mail_groups
  union select tenant_id, words_of(address), coalesce(account_id, group_id) from addresses
on conflict do nothing;
alter table accounts force row level security;
alter table addresses force row level security;
alter table mail_groups force row level security;

alter table directory_words enable row level security;
alter table directory_words force row level security;
create policy tenant on directory_words to angelia_app using (tenant_id = app_tenant());
grant select, insert, delete on directory_words to angelia_app;

-- One link for each person: a new one takes the place of the one before.
create table invitations (
  tenant_id uuid not null,
  account_id uuid not null,
  -- SHA-256 of the secret in the link
  token_hash bytea not null check (octet_length(token_hash) = 32),
  -- an address outside; null: the administrator hands the link over
  sent_to text,
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, account_id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id)
);
create unique index invitations_token on invitations (tenant_id, token_hash);
alter table invitations enable row level security;
alter table invitations force row level security;
create policy tenant on invitations to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on invitations to angelia_app;

-- Lists of people that are brought in.
create table people_imports (
  tenant_id uuid not null references tenants (id),
  id uuid not null,
  state text not null check (state in ('checked', 'running', 'done', 'expired')),
  created_by text not null,
  -- null: a program with a key
  created_by_id uuid,
  created_at timestamptz not null,
  -- options, counts of the file, errors and sample, as the contract has them
  facts json not null,
  -- who imports may touch these; null: all
  domains text[],
  -- the lines without an error, sealed under the tenant's key: there are passwords in it. null: not needed any more
  rows_key_id uuid,
  rows_sealed bytea,
  total integer not null,
  -- lines that are done; changes in the commit that makes their people
  done integer not null default 0,
  created integer not null default 0,
  updated integer not null default 0,
  skipped integer not null default 0,
  failed integer not null default 0,
  started_at timestamptz,
  finished_at timestamptz,
  -- somebody works on it until then, unless they died
  leased_until timestamptz,
  primary key (tenant_id, id)
);
create index people_imports_running on people_imports (created_at) where state in ('checked', 'running', 'done');
alter table people_imports enable row level security;
alter table people_imports force row level security;
create policy tenant on people_imports to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on people_imports to angelia_app;
-- The job asks which tenants have one that is to go on, or to be forgotten.
create policy system on people_imports for select to angelia_system using (true);
grant select (tenant_id, id, state, created_at, finished_at, leased_until) on people_imports to angelia_system;

-- What became of a batch of lines, sealed: there are new passwords and links in it.
create table people_import_results (
  tenant_id uuid not null,
  import_id uuid not null,
  -- how many lines were done before
  from_done integer not null,
  key_id uuid not null,
  sealed bytea not null,
  primary key (tenant_id, import_id, from_done),
  foreign key (tenant_id, import_id) references people_imports (tenant_id, id) on delete cascade
);
alter table people_import_results enable row level security;
alter table people_import_results force row level security;
create policy tenant on people_import_results to angelia_app using (tenant_id = app_tenant());
grant select, insert, delete on people_import_results to angelia_app;

-- Who holds the mailbox of an office from when to when. The rights follow from the row and the time, so that they change hands at the very
-- moment, whether or not a job runs then.
create table mandates (
  tenant_id uuid not null,
  id uuid not null,
  -- a shared one
  account_id uuid not null,
  holder_id uuid not null,
  role text not null check (role in ('editor', 'sender', 'manager')),
  rights text not null check (rights ~ '^[lrswipkxtea]+$'),
  can_send boolean not null,
  starts_at timestamptz not null,
  ends_at timestamptz,
  -- whoever watches the mailbox has been woken, and the audit log has it
  begin_told boolean not null default false,
  end_told boolean not null default false,
  primary key (tenant_id, id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id),
  foreign key (tenant_id, holder_id) references accounts (tenant_id, id),
  check (ends_at is null or ends_at >= starts_at),
  check (holder_id <> account_id)
);
create index mandates_account on mandates (tenant_id, account_id, starts_at);
create index mandates_holder on mandates (tenant_id, holder_id);
create index mandates_begin on mandates (starts_at) where not begin_told;
create index mandates_end on mandates (ends_at) where not end_told and ends_at is not null;
alter table mandates enable row level security;
alter table mandates force row level security;
create policy tenant on mandates to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on mandates to angelia_app;
create policy system on mandates for select to angelia_system using (true);
grant select (tenant_id, starts_at, ends_at, begin_told, end_told) on mandates to angelia_system;

-- As in 0044, with the mailboxes of offices that the account holds at this moment.
create or replace function acl_of(p_tenant uuid, p_account uuid)
returns table (mailbox_id uuid, granted text, denied text) language sql stable as $$
  select e.mailbox_id, string_agg(e.rights, '') filter (where not e.is_negative),
    coalesce(string_agg(e.rights, '') filter (where e.is_negative), '')
  from (
    select r.mailbox_id, r.rights, r.is_negative from mailbox_acl r
      where r.tenant_id = p_tenant and r.grantee_account = p_account
    union all
    select r.mailbox_id, r.rights, r.is_negative from unnest(groups_of(p_tenant, p_account)) g
      join mailbox_acl r on r.tenant_id = p_tenant and r.grantee_group = g and r.account_id <> p_account
    union all
    select r.mailbox_id, r.rights, r.is_negative from mailbox_acl r
      where r.tenant_id = p_tenant and r.grantee_account is null and r.grantee_group is null and r.account_id <> p_account
    union all
    select m.id, d.rights, false from mandates d join mailboxes m on m.tenant_id = p_tenant and m.account_id = d.account_id
      where d.tenant_id = p_tenant and d.holder_id = p_account
        and d.starts_at <= now() and (d.ends_at is null or d.ends_at > now())
  ) e group by e.mailbox_id having bool_or(not e.is_negative)
$$;
