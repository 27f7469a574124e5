-- How much mail there was on each day (UTC), and how much was stored at its end. Counted from the history, which is forgotten sooner.
create table traffic_days (
  tenant_id uuid not null references tenants (id),
  day date not null,
  received integer not null default 0,
  internal integer not null default 0,
  sent integer not null default 0,
  delivered integer not null default 0,
  spam integer not null default 0,
  refused integer not null default 0,
  bounced integer not null default 0,
  deferred integer not null default 0,
  stored_bytes bigint,
  primary key (tenant_id, day)
);
alter table traffic_days enable row level security;
alter table traffic_days force row level security;
create policy tenant on traffic_days to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on traffic_days to angelia_app;
