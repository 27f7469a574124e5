-- Tenants, their domains, people and addresses.
-- angelia_app (made by the migration runner, which knows its password) runs every query of the product.
-- angelia_system is what Db.system() becomes inside one transaction; it sees across tenants only what is granted here.
do $$ begin
  if not exists (select from pg_roles where rolname = 'angelia_system') then create role angelia_system nologin; end if;
end $$;
grant angelia_system to angelia_app with inherit false, set true;
grant usage on schema public to angelia_app, angelia_system;

-- The scope of the transaction. No missing-ok flag: a forgotten scope is an error, not an empty list.
create function app_tenant() returns uuid language sql stable
  as $$ select current_setting('app.tenant_id')::uuid $$;

create table tenants (
  id uuid primary key,
  slug text not null constraint tenants_slug unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name text not null check (length(name) between 1 and 200),
  kind text not null default 'agency' check (kind in ('agency', 'private')),
  created_at timestamptz not null default now()
);
alter table tenants enable row level security;
alter table tenants force row level security;
create policy tenant on tenants to angelia_app using (id = app_tenant());
create policy system on tenants for select to angelia_system using (true);
grant select, insert, update on tenants to angelia_app;
grant select on tenants to angelia_system;

create table tenant_keys (
  tenant_id uuid not null references tenants (id),
  id uuid not null,
  wrapped_key bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
alter table tenant_keys enable row level security;
alter table tenant_keys force row level security;
create policy tenant on tenant_keys to angelia_app using (tenant_id = app_tenant());
grant select, insert on tenant_keys to angelia_app;

-- Anyone may claim a domain; only one tenant can prove it, so an unproven claim tells nothing about another tenant.
create table domains (
  tenant_id uuid not null references tenants (id),
  name text not null check (name = lower(name)),
  proven_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, name)
);
create unique index domains_proven on domains (name) where proven_at is not null;
alter table domains enable row level security;
alter table domains force row level security;
create policy tenant on domains to angelia_app using (tenant_id = app_tenant());
create policy system on domains for select to angelia_system using (true);
grant select, insert, update, delete on domains to angelia_app;
grant select on domains to angelia_system;

create table accounts (
  tenant_id uuid not null references tenants (id),
  id uuid not null,
  kind text not null default 'person' check (kind in ('person', 'shared')),
  name text not null check (length(name) <= 200),
  address text not null,
  locale text not null default 'en',
  quota_bytes bigint not null check (quota_bytes >= 0),
  used_bytes bigint not null default 0,
  -- The one change counter: IMAP's MODSEQ, JMAP's state, the push cursor. Its row lock orders all writers of the account.
  modseq bigint not null default 1,
  -- Changes of the folder list itself, not of what is in the folders.
  mailbox_modseq bigint not null default 1,
  disabled_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
) with (fillfactor = 50);
alter table accounts enable row level security;
alter table accounts force row level security;
create policy tenant on accounts to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on accounts to angelia_app;

create table addresses (
  tenant_id uuid not null,
  address text not null check (address = lower(address)),
  account_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, address),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id)
);
create index addresses_account on addresses (tenant_id, account_id);
alter table addresses enable row level security;
alter table addresses force row level security;
create policy tenant on addresses to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on addresses to angelia_app;

create table role_grants (
  tenant_id uuid not null,
  account_id uuid not null,
  role text not null check (role in ('owner', 'admin', 'domain_admin', 'help_desk', 'auditor')),
  granted_at timestamptz not null default now(),
  primary key (tenant_id, account_id, role),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id)
);
alter table role_grants enable row level security;
alter table role_grants force row level security;
create policy tenant on role_grants to angelia_app using (tenant_id = app_tenant());
grant select, insert, delete on role_grants to angelia_app;

create table credentials (
  tenant_id uuid not null,
  account_id uuid not null,
  id uuid not null default uuidv7(),
  kind text not null check (kind in ('password', 'app_password')),
  verifier text not null,
  scopes text[] not null default '{}',
  label text not null default '',
  created_at timestamptz not null default now(),
  primary key (tenant_id, account_id, id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id)
);
create unique index credentials_password on credentials (tenant_id, account_id) where kind = 'password';
alter table credentials enable row level security;
alter table credentials force row level security;
create policy tenant on credentials to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on credentials to angelia_app;

create table web_sessions (
  tenant_id uuid not null,
  token_hash bytea not null,
  account_id uuid not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, token_hash),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id)
);
create index web_sessions_account on web_sessions (tenant_id, account_id);
alter table web_sessions enable row level security;
alter table web_sessions force row level security;
create policy tenant on web_sessions to angelia_app using (tenant_id = app_tenant());
grant select, insert, delete on web_sessions to angelia_app;

create table audit_log (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  actor text not null,
  action text not null,
  subject text not null default '',
  detail jsonb not null default '{}',
  at timestamptz not null default now(),
  primary key (tenant_id, id)
);
alter table audit_log enable row level security;
alter table audit_log force row level security;
create policy tenant on audit_log to angelia_app using (tenant_id = app_tenant());
-- Append only: the application can't rewrite what happened.
grant select, insert on audit_log to angelia_app;
