-- How the service is, said by its operator, for everybody: no tenant's.
create table incidents (
  id uuid primary key default uuidv7(),
  kind text not null check (kind in ('notice', 'maintenance', 'minor', 'major', 'critical')),
  parts text[] not null,
  -- by language; English always
  title jsonb not null,
  state text not null check (state in ('planned', 'investigating', 'identified', 'monitoring', 'resolved')),
  starts_at timestamptz not null,
  ends_at timestamptz
);
alter table incidents enable row level security;
alter table incidents force row level security;
create policy anyone on incidents for select to angelia_app using (true);
create policy system on incidents to angelia_system using (true);
grant select on incidents to angelia_app;
grant select, insert, update on incidents to angelia_system;

create table incident_updates (
  incident_id uuid not null references incidents (id),
  id uuid not null default uuidv7(),
  at timestamptz not null,
  state text not null,
  text jsonb not null,
  -- null: the agencies have not all been told
  told_at timestamptz,
  primary key (incident_id, id)
);
create index incident_updates_untold on incident_updates (id) where told_at is null;
alter table incident_updates enable row level security;
alter table incident_updates force row level security;
create policy anyone on incident_updates for select to angelia_app using (true);
create policy system on incident_updates to angelia_system using (true);
grant select on incident_updates to angelia_app;
grant select, insert, update on incident_updates to angelia_system;

-- What administrators want to hear of by e-mail; without a row, of everything.
create table notice_settings (
  tenant_id uuid primary key references tenants (id),
  alert_mails boolean not null,
  incident_mails boolean not null
);
alter table notice_settings enable row level security;
alter table notice_settings force row level security;
create policy tenant on notice_settings to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on notice_settings to angelia_app;
