-- The keys that outgoing mail is signed with (DKIM). Each domain has two slots per algorithm, each slot its selector for good:
-- the customer's CNAMEs are entered once, and what they lead to changes. A row is what stands in a slot now.
create table dkim_keys (
  tenant_id uuid not null,
  domain text not null,
  algorithm text not null check (algorithm in ('rsa', 'ed25519')),
  slot smallint not null check (slot in (1, 2)),
  -- published: the next one, it waits until the world can see it; active: signs; retired: only verifies what is on its way;
  -- revoked: the record says that it is no more (an empty p=), and the slot is free
  state text not null check (state in ('published', 'active', 'retired', 'revoked')),
  -- what the record says in p=, in base64
  public_key text not null,
  -- PKCS #8, sealed under the tenant's key; null once it is revoked
  tenant_key_id uuid,
  wrapped_key bytea,
  published_at timestamptz not null,
  activated_at timestamptz,
  retired_at timestamptz,
  revoked_at timestamptz,
  -- our name server has this state; null: it has to be told
  pushed_at timestamptz,
  -- what the last look-up of the selector said
  looked_at timestamptz,
  seen boolean not null default false,
  primary key (tenant_id, domain, algorithm, slot),
  foreign key (tenant_id, domain) references domains (tenant_id, name) on delete cascade,
  check ((wrapped_key is null) = (state = 'revoked'))
);
-- Two processes may rotate at once: only one of them gets its key in.
create unique index dkim_keys_active on dkim_keys (tenant_id, domain, algorithm) where state = 'active';
create unique index dkim_keys_published on dkim_keys (tenant_id, domain, algorithm) where state = 'published';
alter table dkim_keys enable row level security;
alter table dkim_keys force row level security;
create policy tenant on dkim_keys to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on dkim_keys to angelia_app;
-- The rotation looks across tenants for domains that need something: never at a private key.
create policy system on dkim_keys for select to angelia_system using (true);
grant select (tenant_id, domain, algorithm, slot, state, public_key, published_at, activated_at, retired_at, revoked_at, pushed_at,
  looked_at, seen) on dkim_keys to angelia_system;
