-- Signing in: what keeps guessers out, what SCRAM needs, and access tokens.

-- Wrong passwords, counted for all processes: by account, by address, by network, and by account and network. The key is a keyed hash
-- (16 octets): nobody learns from here who signs in from where, and an account that does not exist has a row as any other.
-- No tenant's: an address that guesses does it everywhere.
create table sign_in_failures (
  key bytea primary key check (octet_length(key) = 16),
  failures integer not null,
  last_at timestamptz not null
) with (fillfactor = 70);
alter table sign_in_failures enable row level security;
alter table sign_in_failures force row level security;
create policy anyone on sign_in_failures to angelia_app using (true);
create policy system on sign_in_failures to angelia_system using (true);
grant select, insert, update, delete on sign_in_failures to angelia_app;
grant select, delete on sign_in_failures to angelia_system;

-- Networks from which an account has signed in, as such a key: what guessers elsewhere do is not held against them.
create table sign_in_networks (
  key bytea primary key check (octet_length(key) = 16),
  last_at timestamptz not null
);
alter table sign_in_networks enable row level security;
alter table sign_in_networks force row level security;
create policy anyone on sign_in_networks to angelia_app using (true);
create policy system on sign_in_networks to angelia_system using (true);
grant select, insert, update on sign_in_networks to angelia_app;
grant select, delete on sign_in_networks to angelia_system;

-- Attacks that the administrators of an agency have to hear of; written in the commit that counts the failure.
create table sign_in_attacks (
  tenant_id uuid not null,
  -- the account's address, or where the attempts come from
  subject text not null,
  day date not null,
  detail jsonb not null default '{}',
  at timestamptz not null,
  -- null: nobody has been told yet
  told_at timestamptz,
  primary key (tenant_id, subject, day)
);
create index sign_in_attacks_untold on sign_in_attacks (at) where told_at is null;
alter table sign_in_attacks enable row level security;
alter table sign_in_attacks force row level security;
create policy tenant on sign_in_attacks to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on sign_in_attacks to angelia_app;
-- The job that tells asks which agencies have some, and forgets what is old.
create policy system on sign_in_attacks to angelia_system using (true);
grant select (tenant_id, at, told_at), delete on sign_in_attacks to angelia_system;

-- What SCRAM-SHA-256 checks a password with: StoredKey and ServerKey, sealed under the tenant's key. null: not made yet.
alter table credentials
  add column scram_iterations integer check (scram_iterations >= 4096),
  add column scram_key_id uuid,
  add column scram_keys bytea,
  add column expires_at timestamptz,
  drop constraint credentials_kind_check,
  add constraint credentials_kind_check check (kind in ('password', 'app_password', 'token')),
  add constraint credentials_scram_check check (num_nulls(scram_iterations, scram_key_id, scram_keys) in (0, 3)),
  -- an access token ends by itself
  add constraint credentials_token_check check (kind <> 'token' or expires_at is not null);
create unique index credentials_token on credentials (tenant_id, verifier) where kind = 'token';

-- OpenID providers whose access tokens an agency's people sign in with; those of the installation's own tenant are for all agencies.
create table oauth_issuers (
  tenant_id uuid not null,
  -- `iss` of its tokens, and where its configuration is found
  issuer text not null check (length(issuer) <= 500),
  audience text not null check (length(audience) between 1 and 500),
  jwks_uri text not null check (length(jwks_uri) <= 500),
  -- which claim has the address
  address_claim text not null check (length(address_claim) between 1 and 100),
  -- one scope that opens everything; '': a token names the protocols (imap, smtp, …)
  scope text not null default '' check (length(scope) <= 200),
  -- the domains of the agency that it speaks for; empty: all
  domains text[] not null default '{}',
  created_at timestamptz not null default now(),
  primary key (tenant_id, issuer)
);
alter table oauth_issuers enable row level security;
alter table oauth_issuers force row level security;
create policy tenant on oauth_issuers to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on oauth_issuers to angelia_app;
