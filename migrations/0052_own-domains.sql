-- An agency's own domains: what shows that it has them, what their DNS said at the last look, and what our zone says about them.
-- Every domain has these, also those that the operator vouched for; a hosted one never comes due again after its first look.

-- What proves control: a value that nobody else has, in a record that only the owner of the DNS can set.
alter table domains add column token text not null default replace(gen_random_uuid()::text, '-', '')
  constraint domains_token unique;
-- New people get their address here; without one, the oldest domain of the tenant.
alter table domains add column is_primary boolean not null default false;
create unique index domains_primary on domains (tenant_id) where is_primary;

-- What the DNS said, and since when: see `DomainLook` in src/domains. Null: nobody has looked.
alter table domains add column look jsonb;
alter table domains add column checked_at timestamptz;
-- When somebody last did something about it.
alter table domains add column asked_at timestamptz not null default now();
-- Null: it needs no looking at.
alter table domains add column next_check_at timestamptz default now();
create index domains_due on domains (next_check_at) where next_check_at is not null;
-- Core records that are missing or wrong.
alter table domains add column problems integer not null default 0;
-- Its mail comes here.
alter table domains add column is_live boolean not null default false;
-- What the tenant and its audit log have been told about the proof; differs from proven_at until they are.
alter table domains add column known_proven boolean not null default false;
update domains set known_proven = true where proven_at is not null;
-- Set while this tenant shows control of a domain that another tenant has proven; it moves after a time of grace.
alter table domains add column contested_since timestamptz;

-- What our zone says for it, where the CNAMEs of the customer lead to.
alter table domains add column dmarc_policy text not null default 'none' check (dmarc_policy in ('none', 'quarantine', 'reject'));
alter table domains add column sts_mode text not null default 'testing' check (sts_mode in ('testing', 'enforce'));
alter table domains add column sts_changed_at timestamptz not null default now();
-- Our name server has it; null: it has to be told.
alter table domains add column zone_told_at timestamptz;
create index domains_untold on domains (name) where zone_told_at is null and proven_at is not null;

-- Letters to whoever keeps the DNS: some a day and no more.
alter table domains add column letters integer not null default 0;
alter table domains add column letters_since timestamptz;

-- How many addresses are in a domain: asked for each one that is shown. A column, since row-level security lets no index on an expression
-- be used whose function might tell something (split_part is not marked leakproof).
alter table addresses add column domain text generated always as (split_part(address, '@', 2)) stored;
create index addresses_domain on addresses (tenant_id, domain);

-- A domain moves from one tenant to another in one commit, so that mail for it is never refused in between.
create policy system_moves on domains for update to angelia_system using (true);
grant update (proven_at, contested_since) on domains to angelia_system;

-- The key with which the installation signs what it asks of a provider (Domain Connect): it belongs to the tenant that is the
-- installation itself.
create table domain_connect_keys (
  tenant_id uuid not null references tenants (id),
  id text not null,
  -- SubjectPublicKeyInfo in base64, as the DNS says it
  public_key text not null,
  -- PKCS #8, sealed under the tenant's key
  tenant_key_id uuid not null,
  wrapped_key bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
alter table domain_connect_keys enable row level security;
alter table domain_connect_keys force row level security;
create policy tenant on domain_connect_keys to angelia_app using (tenant_id = app_tenant());
grant select, insert on domain_connect_keys to angelia_app;
