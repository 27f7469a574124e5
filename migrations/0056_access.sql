-- Who may do what in an agency and by whom, who has signed in from where, and what the operator's support may see for a time.

alter table role_grants
  -- of a domain admin: the domains that they look after; null, or none: no domain
  add column domains text[],
  -- an address, `api-key:<label>`, or `operator`
  add column granted_by text not null default 'operator',
  add constraint role_grants_domains_check check (domains is null or role = 'domain_admin');
grant update (domains, granted_at, granted_by) on role_grants to angelia_app;

-- Browsers, as the people who look for a stranger among them want to see them.
alter table web_sessions
  -- what they are called outside of the database: nobody learns the hash of a token
  add column id uuid not null default uuidv7(),
  add column device text not null default '' check (length(device) <= 300),
  add column network text not null default 'unknown',
  -- to a quarter of an hour
  add column last_seen_at timestamptz not null default now();
create unique index web_sessions_id on web_sessions (tenant_id, id);
grant update (last_seen_at, expires_at) on web_sessions to angelia_app;

-- Sign-ins of one address from one network by one protocol within one hour: one row, written in batches.
create table sign_ins (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  -- null: nobody has this address
  account_id uuid,
  address text not null check (length(address) <= 320),
  protocol text not null check (protocol in ('web', 'jmap', 'imap', 'pop3', 'submission', 'sieve')),
  network text not null,
  succeeded boolean not null,
  hour timestamptz not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  count integer not null,
  primary key (tenant_id, id),
  constraint sign_ins_once unique (tenant_id, address, hour, protocol, network, succeeded)
);
create index sign_ins_account on sign_ins (tenant_id, account_id, id) where account_id is not null;
create index sign_ins_hour on sign_ins (hour);
alter table sign_ins enable row level security;
alter table sign_ins force row level security;
create policy tenant on sign_ins to angelia_app using (tenant_id = app_tenant());
grant select, insert, update (last_at, count) on sign_ins to angelia_app;
-- What is old is forgotten by a job.
create policy system on sign_ins to angelia_system using (true);
grant select (tenant_id, id, hour), delete on sign_ins to angelia_system;

-- What an agency demands of those who sign in; no row: the defaults.
create table security_policies (
  tenant_id uuid primary key,
  session_days integer not null check (session_days between 1 and 30),
  password_min_length integer not null check (password_min_length between 10 and 64),
  app_passwords boolean not null,
  changed_at timestamptz not null default now()
);
alter table security_policies enable row level security;
alter table security_policies force row level security;
create policy tenant on security_policies to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on security_policies to angelia_app;

-- Access that the operator's staff has asked for. Nothing is ever taken out of it.
create table support_accesses (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  -- the name of who asked
  operator text not null check (length(operator) between 1 and 100),
  reason text not null check (length(reason) between 1 and 1000),
  scope text not null check (scope in ('settings', 'mailbox')),
  -- whose mailbox
  account_id uuid,
  hours integer not null check (hours between 1 and 72),
  asked_at timestamptz not null,
  -- who agreed: [{"by": address, "at": ISO 8601}]
  agreed jsonb not null default '[]',
  -- the shortest time that somebody agreed to
  granted_hours integer check (granted_hours between 1 and 72),
  -- null: not granted
  expires_at timestamptz,
  closed_at timestamptz,
  closed_by text,
  closed_as text check (closed_as in ('refused', 'ended')),
  -- SHA-256 of the one-time link, and how long it works
  link_hash bytea,
  link_until timestamptz,
  -- SHA-256 of the web session that the link became
  session_hash bytea,
  used_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id),
  check ((scope = 'mailbox') = (account_id is not null)),
  check (num_nulls(closed_at, closed_by, closed_as) in (0, 3))
);
create index support_accesses_account on support_accesses (tenant_id, account_id, id) where account_id is not null;
create unique index support_accesses_session on support_accesses (tenant_id, session_hash) where session_hash is not null;
alter table support_accesses enable row level security;
alter table support_accesses force row level security;
create policy tenant on support_accesses to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on support_accesses to angelia_app;

-- What was done to one's mailbox by others, the latest first.
create index audit_log_subject on audit_log (tenant_id, subject, id);
