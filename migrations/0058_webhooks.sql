-- What happens in an agency, told to its own programs.
create table webhooks (
  tenant_id uuid not null references tenants (id),
  id uuid not null,
  url text not null check (length(url) <= 2000),
  label text not null default '' check (length(label) <= 200),
  -- what it wants to hear of: `user.add`, `domain.*`, `*`
  events text[] not null check (cardinality(events) between 1 and 50),
  -- what deliveries are signed with, sealed under the tenant's key
  tenant_key_id uuid not null,
  wrapped_secret bytea not null,
  -- failing: nothing got through for days, so it was switched off
  state text not null default 'on' check (state in ('on', 'off', 'failing')),
  created_at timestamptz not null default now(),
  last_success_at timestamptz,
  failing_since timestamptz,
  primary key (tenant_id, id)
);
alter table webhooks enable row level security;
alter table webhooks force row level security;
create policy tenant on webhooks to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on webhooks to angelia_app;

create table webhook_deliveries (
  tenant_id uuid not null,
  webhook_id uuid not null,
  -- the same at each attempt, so that the other side can tell
  id uuid not null default uuidv7(),
  event text not null,
  actor text not null,
  subject text not null,
  detail jsonb not null default '{}',
  at timestamptz not null,
  state text not null default 'waiting' check (state in ('waiting', 'done', 'failed')),
  attempts integer not null default 0,
  -- the next attempt, or the end of the lease of who is at it; when it is over: when it was
  due_at timestamptz not null,
  -- of the last answer; null: none came
  last_status integer,
  last_error text,
  primary key (tenant_id, webhook_id, id),
  foreign key (tenant_id, webhook_id) references webhooks (tenant_id, id) on delete cascade
) with (fillfactor = 80);
create index webhook_deliveries_due on webhook_deliveries (due_at) where state = 'waiting';
create index webhook_deliveries_over on webhook_deliveries (due_at) where state <> 'waiting';
create index webhook_deliveries_waiting on webhook_deliveries (tenant_id, webhook_id) where state = 'waiting';
alter table webhook_deliveries enable row level security;
alter table webhook_deliveries force row level security;
create policy tenant on webhook_deliveries to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on webhook_deliveries to angelia_app;
-- The sender leases what is due of all tenants, and old rows are removed: without a look at what they say.
create policy system on webhook_deliveries to angelia_system using (true);
grant select (tenant_id, webhook_id, id, state, attempts, due_at), update (attempts, due_at), delete on webhook_deliveries
  to angelia_system;

-- In the transaction of what is told: there is never one without the other.
create function tell_webhooks_of_audit() returns trigger language plpgsql as $$
begin
  insert into webhook_deliveries (tenant_id, webhook_id, event, actor, subject, detail, at, due_at)
  select w.tenant_id, w.id, a.action, a.actor, a.subject, a.detail, a.at, now() from added a
  join webhooks w on w.tenant_id = a.tenant_id and w.state = 'on'
    and w.events && array['*', split_part(a.action, '.', 1) || '.*', a.action];
  return null;
end $$;
create trigger webhooks after insert on audit_log
  referencing new table as added for each statement execute function tell_webhooks_of_audit();

create function tell_webhooks_of_alert() returns trigger language plpgsql as $$
begin
  insert into webhook_deliveries (tenant_id, webhook_id, event, actor, subject, detail, at, due_at)
  select w.tenant_id, w.id, 'alert.' || a.kind, 'angelia', a.subject, a.detail, a.at, now() from added a
  join webhooks w on w.tenant_id = a.tenant_id and w.state = 'on'
    and w.events && array['*', 'alert.*', 'alert.' || a.kind];
  return null;
end $$;
create trigger webhooks after insert on alerts
  referencing new table as added for each statement execute function tell_webhooks_of_alert();
