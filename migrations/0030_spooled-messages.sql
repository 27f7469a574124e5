-- Messages that a relay took while PostgreSQL was away, written with their delivery: a relay that dies between the commit and the
-- removal of its file tries again, and nobody gets the message twice.
create table spooled_messages (
  tenant_id uuid not null references tenants (id),
  id uuid not null,
  filed_at timestamptz not null,
  primary key (tenant_id, id)
);
alter table spooled_messages enable row level security;
alter table spooled_messages force row level security;
create policy tenant on spooled_messages to angelia_app using (tenant_id = app_tenant());
grant select, insert on spooled_messages to angelia_app;
