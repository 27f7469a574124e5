-- Whether an agency that signed itself up is who it says: found in an official registry, and a code from the address there entered here.

-- Registries, as the operator has imported them. No agency's: everybody may look themselves up.
create table registry_entries (
  -- ISO 3166-1
  country text not null check (country ~ '^[A-Z]{2}$'),
  official_id text not null check (length(official_id) between 1 and 100),
  name text not null check (length(name) between 1 and 300),
  kind text not null default '' check (length(kind) <= 100),
  email text check (length(email) <= 320),
  postal_address text check (length(postal_address) <= 500),
  -- the name in Latin letters, and groups of three of them: see search-key.ts
  search_key text not null,
  grams text[] not null,
  imported_at timestamptz not null default now(),
  primary key (country, official_id)
);
create index registry_entries_key on registry_entries (search_key text_pattern_ops);
create index registry_entries_id on registry_entries (official_id text_pattern_ops);
create index registry_entries_grams on registry_entries using gin (grams);
alter table registry_entries enable row level security;
alter table registry_entries force row level security;
create policy anyone on registry_entries for select to angelia_app using (true);
create policy system on registry_entries to angelia_system using (true);
grant select on registry_entries to angelia_app;
grant select, insert, update on registry_entries to angelia_system;

-- One row for each agency that signed itself up, and for each that the operator has decided about. An agency without one was made by the
-- operator, who knows it.
create table agency_verifications (
  tenant_id uuid primary key references tenants (id),
  signed_up_at timestamptz not null default now(),
  -- what it has chosen
  country text,
  official_id text,
  method text check (method in ('email', 'letter')),
  -- What the code is made from, with a key that is not in the database.
  nonce uuid,
  code_sent_at timestamptz,
  code_expires_at timestamptz,
  -- wrong ones so far, of this code
  tries integer not null default 0,
  -- codes so far
  codes integer not null default 0,
  -- another agency has proven to be the same entry
  contested_at timestamptz,
  -- when the operator printed the letter
  printed_at timestamptz,
  verified_at timestamptz,
  verified_by text check (verified_by in ('code', 'operator')),
  refused_at timestamptz,
  reason text check (length(reason) <= 1000),
  check ((country is null) = (official_id is null)),
  check (verified_at is null or refused_at is null),
  check ((verified_at is null) = (verified_by is null))
);
-- One entry is one agency.
create unique index agency_verifications_entry on agency_verifications (country, official_id) where verified_at is not null;
create index agency_verifications_sent on agency_verifications (country, official_id, code_sent_at) where code_sent_at is not null;
alter table agency_verifications enable row level security;
alter table agency_verifications force row level security;
create policy tenant on agency_verifications to angelia_app using (tenant_id = app_tenant());
create policy system on agency_verifications to angelia_system using (true);
-- An agency can't verify itself, whatever it makes the application do.
grant select, insert (tenant_id),
  update (country, official_id, method, nonce, code_sent_at, code_expires_at, tries, codes, contested_at, printed_at)
  on agency_verifications to angelia_app;
grant select, insert, update on agency_verifications to angelia_system;
