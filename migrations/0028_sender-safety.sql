-- What keeps one account from ruining the name of all: limits and counters, holds, addresses that are not written to, alerts.

-- What the operator allows at most. subject: '' for the whole scope, else a domain or an account's id.
-- The application may only read it: an agency can't raise its own cap, whatever it makes the application do.
create table sending_caps (
  tenant_id uuid not null,
  scope text not null check (scope in ('tenant', 'domain', 'mailbox')),
  subject text not null default '',
  hour_messages integer check (hour_messages >= 0),
  day_messages integer check (day_messages >= 0),
  hour_recipients integer check (hour_recipients >= 0),
  day_recipients integer check (day_recipients >= 0),
  changed_at timestamptz not null default now(),
  primary key (tenant_id, scope, subject)
);
alter table sending_caps enable row level security;
alter table sending_caps force row level security;
create policy tenant on sending_caps to angelia_app using (tenant_id = app_tenant());
create policy system on sending_caps to angelia_system using (true);
grant select on sending_caps to angelia_app;
grant select, insert, update, delete on sending_caps to angelia_system;

-- What the agency itself wants; only what is below the caps has an effect.
create table sending_limits (
  tenant_id uuid not null,
  scope text not null check (scope in ('tenant', 'domain', 'mailbox')),
  subject text not null default '',
  hour_messages integer check (hour_messages >= 0),
  day_messages integer check (day_messages >= 0),
  hour_recipients integer check (hour_recipients >= 0),
  day_recipients integer check (day_recipients >= 0),
  changed_at timestamptz not null default now(),
  primary key (tenant_id, scope, subject)
);
alter table sending_limits enable row level security;
alter table sending_limits force row level security;
create policy tenant on sending_limits to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on sending_limits to angelia_app;

-- What was sent in this hour and this day, counted in the transaction that takes the message over. One row a mailbox; several
-- (shard) for a domain and for the tenant, so that their senders do not wait for each other's commits.
create table sending_counters (
  tenant_id uuid not null,
  scope text not null check (scope in ('tenant', 'domain', 'mailbox')),
  subject text not null default '',
  shard smallint not null default 0,
  hour_start timestamptz not null,
  hour_messages integer not null default 0,
  hour_recipients integer not null default 0,
  day_start timestamptz not null,
  day_messages integer not null default 0,
  day_recipients integer not null default 0,
  -- recipients that were refused for good, of those of this day
  day_failed integer not null default 0,
  -- recipients on a day on which something was sent, as a moving average, and the number of such days
  usual_recipients real not null default 0,
  active_days integer not null default 0,
  primary key (tenant_id, scope, subject, shard)
) with (fillfactor = 50);
alter table sending_counters enable row level security;
alter table sending_counters force row level security;
create policy tenant on sending_counters to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on sending_counters to angelia_app;

-- Accounts whose mail to the outside waits for an administrator. Their queue rows are due in the year 9999.
create table sending_holds (
  tenant_id uuid not null,
  account_id uuid not null,
  held_at timestamptz not null,
  reason text not null,
  detail jsonb not null default '{}',
  -- messages that came in while it was held
  messages integer not null default 0,
  -- null: nobody has been told yet
  told_at timestamptz,
  primary key (tenant_id, account_id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id)
);
alter table sending_holds enable row level security;
alter table sending_holds force row level security;
create policy tenant on sending_holds to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on sending_holds to angelia_app;
-- The sweep that looks after holds asks which tenants have some.
create policy system on sending_holds for select to angelia_system using (true);
grant select (tenant_id, told_at) on sending_holds to angelia_system;

-- Countries from which an account has sent.
create table sender_countries (
  tenant_id uuid not null,
  account_id uuid not null,
  country text not null check (country ~ '^[A-Z]{2}$'),
  first_at timestamptz not null,
  primary key (tenant_id, account_id, country)
);
alter table sender_countries enable row level security;
alter table sender_countries force row level security;
create policy tenant on sender_countries to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on sender_countries to angelia_app;

-- Addresses to which this tenant sends no bulk mail. sender: whose bulk mail; '' is everybody's.
create table suppressions (
  tenant_id uuid not null,
  address text not null,
  sender text not null default '',
  reason text not null check (reason in ('bounce', 'complaint', 'unsubscribe', 'admin')),
  -- what the other server said, or who put it here
  detail text not null default '',
  created_at timestamptz not null,
  primary key (tenant_id, address, sender)
);
alter table suppressions enable row level security;
alter table suppressions force row level security;
create policy tenant on suppressions to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on suppressions to angelia_app;

-- Addresses that were refused for good, until they are suppressed or forgotten.
create table recipient_failures (
  tenant_id uuid not null,
  address text not null,
  failures integer not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (tenant_id, address)
);
alter table recipient_failures enable row level security;
alter table recipient_failures force row level security;
create policy tenant on recipient_failures to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on recipient_failures to angelia_app;

-- Complaints of recipients (RFC 5965) about mail of this tenant; each report counts once.
create table complaints (
  tenant_id uuid not null,
  -- SHA-256 of the report
  report bytea not null,
  account_id uuid not null,
  submission_id uuid,
  address text,
  feedback_type text not null,
  at timestamptz not null,
  primary key (tenant_id, report)
);
create index complaints_account on complaints (tenant_id, account_id, at);
alter table complaints enable row level security;
alter table complaints force row level security;
create policy tenant on complaints to angelia_app using (tenant_id = app_tenant());
grant select, insert on complaints to angelia_app;

-- What administrators have to know. One for each kind, subject and window.
create table alerts (
  tenant_id uuid not null,
  id uuid not null default uuidv7(),
  kind text not null,
  subject text not null,
  window_start timestamptz not null,
  detail jsonb not null default '{}',
  at timestamptz not null,
  seen_at timestamptz,
  primary key (tenant_id, id),
  constraint alerts_once unique (tenant_id, kind, subject, window_start)
);
create index alerts_latest on alerts (tenant_id, at desc);
alter table alerts enable row level security;
alter table alerts force row level security;
create policy tenant on alerts to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on alerts to angelia_app;
