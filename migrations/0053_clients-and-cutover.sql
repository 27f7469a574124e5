-- Phones and desktop programs with passwords of their own, and the move of a domain's mail from its old server.

alter table credentials
  -- what the password was made for; null: it was made by the command line, or is none for a program
  add column device_kind text check (device_kind in ('iphone', 'android', 'thunderbird', 'outlook', 'apple-mail', 'other')),
  -- to the hour
  add column last_used_at timestamptz;

-- A configuration that is fetched once, by a link that nobody can guess. The password in it is encrypted under a key that only the link
-- has, so that this table tells nothing.
create table device_profiles (
  tenant_id uuid not null,
  token_hash bytea not null check (octet_length(token_hash) = 32),
  account_id uuid not null,
  credential_id uuid not null,
  -- nonce and AES-256-GCM
  sealed_password bytea not null,
  expires_at timestamptz not null,
  primary key (tenant_id, token_hash),
  foreign key (tenant_id, account_id, credential_id) references credentials (tenant_id, account_id, id) on delete cascade
);
create index device_profiles_credential on device_profiles (tenant_id, account_id, credential_id);
alter table device_profiles enable row level security;
alter table device_profiles force row level security;
create policy tenant on device_profiles to angelia_app using (tenant_id = app_tenant());
grant select, insert, delete on device_profiles to angelia_app;
