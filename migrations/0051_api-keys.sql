-- Keys for programs of an agency, answers that are given again, and a log that is searched.

-- A key is the agency's: it goes on when who made it has left.
create table api_keys (
  tenant_id uuid not null,
  id uuid not null,
  -- the audit log names what the key does by it
  label text not null check (length(label) between 1 and 64),
  -- SHA-256 of the secret: 260 random bits need no salt
  hash bytea not null check (octet_length(hash) = 32),
  permissions text[] not null check (cardinality(permissions) > 0),
  -- the address, which stays when the account goes
  created_by text not null,
  created_by_id uuid,
  created_at timestamptz not null,
  expires_at timestamptz,
  -- to the hour
  last_used_at timestamptz,
  -- since when it may more than who made it; it is told once
  outlived_at timestamptz,
  primary key (tenant_id, id),
  constraint api_keys_label unique (tenant_id, label),
  foreign key (tenant_id, created_by_id) references accounts (tenant_id, id) on delete set null (created_by_id)
);
create unique index api_keys_hash on api_keys (tenant_id, hash);
create index api_keys_maker on api_keys (tenant_id, created_by_id);
alter table api_keys enable row level security;
alter table api_keys force row level security;
create policy tenant on api_keys to angelia_app using (tenant_id = app_tenant());
grant select, insert, update (last_used_at, outlived_at), delete on api_keys to angelia_app;

-- Requests with an Idempotency-Key, for a day.
create table idempotent_requests (
  tenant_id uuid not null,
  -- an account or an API key
  actor uuid not null,
  -- SHA-256 of what the client has chosen
  key_hash bytea not null check (octet_length(key_hash) = 32),
  -- SHA-256 of method, address and body
  fingerprint bytea not null check (octet_length(fingerprint) = 32),
  -- which run of it may give the answer
  run uuid not null,
  started_at timestamptz not null,
  -- null: it has not been answered
  status integer,
  content_type text,
  -- sealed under the tenant's key: an answer may hold a secret that is shown once
  tenant_key_id uuid,
  body bytea,
  primary key (tenant_id, actor, key_hash),
  check ((status is null) = (body is null) and (body is null) = (tenant_key_id is null))
);
create index idempotent_requests_old on idempotent_requests (started_at);
alter table idempotent_requests enable row level security;
alter table idempotent_requests force row level security;
create policy tenant on idempotent_requests to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on idempotent_requests to angelia_app;
create policy system on idempotent_requests to angelia_system using (true);
grant select (tenant_id, actor, key_hash, started_at), delete on idempotent_requests to angelia_system;
