-- DMARC and TLS reports: what others tell an agency about its domains, and what we tell others about theirs.

-- Aggregate reports that came in (RFC 7489 §7.2), each for the tenant that has proven the domain it is about.
create table received_dmarc_reports (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  domain text not null,
  org text not null,
  report_id text not null,
  begins_at timestamptz not null,
  ends_at timestamptz not null,
  received_at timestamptz not null,
  p text not null,
  sp text not null,
  pct smallint not null,
  primary key (tenant_id, id)
);
-- The same report may come twice, and be read twice: it counts once.
create unique index received_dmarc_reports_once on received_dmarc_reports (tenant_id, domain, org, report_id);
create index received_dmarc_reports_time on received_dmarc_reports (tenant_id, domain, begins_at);
alter table received_dmarc_reports enable row level security;
alter table received_dmarc_reports force row level security;
create policy tenant on received_dmarc_reports to angelia_app using (tenant_id = app_tenant());
grant select, insert, delete on received_dmarc_reports to angelia_app;

create table received_dmarc_sources (
  tenant_id uuid not null,
  report uuid not null,
  n integer not null,
  ip text not null,
  messages integer not null check (messages >= 0),
  disposition text not null check (disposition in ('none', 'quarantine', 'reject')),
  dkim_aligned boolean not null,
  spf_aligned boolean not null,
  signed_by text[] not null,
  mail_from text not null,
  primary key (tenant_id, report, n),
  foreign key (tenant_id, report) references received_dmarc_reports (tenant_id, id) on delete cascade
);
alter table received_dmarc_sources enable row level security;
alter table received_dmarc_sources force row level security;
create policy tenant on received_dmarc_sources to angelia_app using (tenant_id = app_tenant());
grant select, insert, delete on received_dmarc_sources to angelia_app;

-- Reports of others about TLS with our hosts (RFC 8460).
create table received_tls_reports (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  domain text not null,
  org text not null,
  report_id text not null,
  begins_at timestamptz not null,
  ends_at timestamptz not null,
  received_at timestamptz not null,
  succeeded integer not null check (succeeded >= 0),
  failed integer not null check (failed >= 0),
  primary key (tenant_id, id)
);
create unique index received_tls_reports_once on received_tls_reports (tenant_id, domain, org, report_id);
create index received_tls_reports_time on received_tls_reports (tenant_id, domain, begins_at);
alter table received_tls_reports enable row level security;
alter table received_tls_reports force row level security;
create policy tenant on received_tls_reports to angelia_app using (tenant_id = app_tenant());
grant select, insert, delete on received_tls_reports to angelia_app;

create table received_tls_failures (
  tenant_id uuid not null,
  report uuid not null,
  n integer not null,
  type text not null,
  receiving_host text not null,
  sessions integer not null check (sessions >= 0),
  primary key (tenant_id, report, n),
  foreign key (tenant_id, report) references received_tls_reports (tenant_id, id) on delete cascade
);
alter table received_tls_failures enable row level security;
alter table received_tls_failures force row level security;
create policy tenant on received_tls_failures to angelia_app using (tenant_id = app_tenant());
grant select, insert, delete on received_tls_failures to angelia_app;

-- What we saw of other domains' mail, counted by day: of all tenants together, so it belongs to the tenant of the installation
-- and says nothing about who received it.
create table dmarc_results (
  tenant_id uuid not null,
  day date not null,
  -- where the DMARC record stands
  policy_domain text not null,
  -- of all that follows but the count
  digest text not null,
  policy jsonb not null,
  -- how it is written into the report: source, evaluation, identifiers, results
  record jsonb not null,
  messages integer not null check (messages > 0),
  primary key (tenant_id, day, policy_domain, digest)
);
alter table dmarc_results enable row level security;
alter table dmarc_results force row level security;
create policy tenant on dmarc_results to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on dmarc_results to angelia_app;

-- Reports of ours: the row is written in the commit that queues the report, so that no report goes out twice.
create table sent_reports (
  tenant_id uuid not null,
  kind text not null check (kind in ('dmarc', 'tls')),
  day date not null,
  domain text not null,
  -- mailto: or https: address
  target text not null,
  report_id text not null,
  at timestamptz not null,
  primary key (tenant_id, kind, day, domain, target)
);
alter table sent_reports enable row level security;
alter table sent_reports force row level security;
create policy tenant on sent_reports to angelia_app using (tenant_id = app_tenant());
grant select, insert, delete on sent_reports to angelia_app;

-- Targets that sent a report back: they get none for a while.
create table report_bounces (
  tenant_id uuid not null,
  target text not null,
  at timestamptz not null,
  primary key (tenant_id, target)
);
alter table report_bounces enable row level security;
alter table report_bounces force row level security;
create policy tenant on report_bounces to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on report_bounces to angelia_app;
