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

-- The move of a domain's mail from its old server, so that nothing is lost between the two.
create table domain_cutovers (
  tenant_id uuid not null,
  domain text not null,
  state text not null check (state in ('planned', 'shadow', 'switched', 'done', 'back')),
  -- what goes to the old server: nothing, a copy of all, what nobody has here
  mode text not null default 'off' check (mode in ('off', 'both', 'unknown_only')),
  -- host:port
  old_server text,
  -- its IP addresses, as they were looked up last: what comes from there does not go back there
  old_addresses text[] not null default '{}',
  -- a domain of the agency whose mail comes here already: notices about relayed mail come to it
  return_domain text not null,
  -- the SPF record as it will be; null: what we propose
  planned_spf text,
  planned_at timestamptz not null,
  shadow_at timestamptz,
  switched_at timestamptz,
  done_at timestamptz,
  back_at timestamptz,
  rollback_until timestamptz,
  reminded_at timestamptz,
  -- lists of {name, type, value}: as they were when the move was planned, and when the DNS was looked at last
  before_records jsonb not null default '[]',
  now_records jsonb not null default '[]',
  looked_at timestamptz,
  look_wanted_at timestamptz not null,
  -- the report: {senders, failing, messages, reports, samples}
  report jsonb,
  report_wanted_at timestamptz not null,
  report_made_at timestamptz,
  primary key (tenant_id, domain),
  foreign key (tenant_id, domain) references domains (tenant_id, name) on delete cascade,
  check (mode = 'off' or old_server is not null)
);
create index domain_cutovers_open on domain_cutovers (look_wanted_at) where state in ('planned', 'shadow', 'switched');
create index domain_cutovers_reports on domain_cutovers (report_wanted_at) where state in ('planned', 'shadow', 'switched');
alter table domain_cutovers enable row level security;
alter table domain_cutovers force row level security;
create policy tenant on domain_cutovers to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on domain_cutovers to angelia_app;
-- The relay asks for each domain whether its mail is split, and the jobs which are to be looked at.
create policy system on domain_cutovers for select to angelia_system using (true);
grant select (tenant_id, domain, state, mode, old_server, old_addresses, return_domain, look_wanted_at, report_wanted_at)
  on domain_cutovers to angelia_system;

-- What was found in messages that somebody got from the domain: no message, and nobody's address.
create table cutover_samples (
  tenant_id uuid not null,
  domain text not null,
  ip text not null,
  -- how the server named itself; '' when it did not
  host text not null,
  -- the domain of the envelope's sender
  mail_from text not null,
  signed_by text[] not null,
  messages integer not null check (messages > 0),
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (tenant_id, domain, ip, mail_from, signed_by),
  foreign key (tenant_id, domain) references domain_cutovers (tenant_id, domain) on delete cascade
);
alter table cutover_samples enable row level security;
alter table cutover_samples force row level security;
create policy tenant on cutover_samples to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on cutover_samples to angelia_app;

-- The report, line by line; it is made anew as a whole.
create table cutover_senders (
  tenant_id uuid not null,
  domain text not null,
  n integer not null,
  sender jsonb not null,
  primary key (tenant_id, domain, n),
  foreign key (tenant_id, domain) references domain_cutovers (tenant_id, domain) on delete cascade
);
alter table cutover_senders enable row level security;
alter table cutover_senders force row level security;
create policy tenant on cutover_senders to angelia_app using (tenant_id = app_tenant());
grant select, insert, delete on cutover_senders to angelia_app;
