-- Messages that are held back, and what the spam filter is to learn.

-- A held message: one blob for all its recipients of the tenant.
create table quarantined_messages (
  tenant_id uuid not null,
  id uuid not null,
  blob_id uuid not null,
  size bigint not null,
  mail_from text not null,
  -- decoded
  sender text not null,
  subject text not null,
  -- [{ code, detail }]
  reasons jsonb not null,
  -- [{ name, type, size }]
  attachments jsonb not null,
  -- under which the message's history tells of it
  trace_id uuid,
  received_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id)
);
alter table quarantined_messages enable row level security;
alter table quarantined_messages force row level security;
create policy tenant on quarantined_messages to angelia_app using (tenant_id = app_tenant());
grant select, insert on quarantined_messages to angelia_app;

-- A held message for one mailbox: what is listed, released and deleted. Ids are UUIDv7, so their order is that of time.
create table quarantine_items (
  tenant_id uuid not null,
  id uuid not null,
  message_id uuid not null,
  account_id uuid not null,
  address text not null,
  state text not null default 'waiting' check (state in ('waiting', 'released', 'deleted', 'expired')),
  expires_at timestamptz not null,
  decided_at timestamptz,
  decided_by text,
  -- the digest that told its recipient of it
  told_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, message_id) references quarantined_messages (tenant_id, id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id)
);
create unique index quarantine_items_message on quarantine_items (tenant_id, message_id, account_id);
create index quarantine_items_account on quarantine_items (tenant_id, account_id, id desc);
create index quarantine_items_untold on quarantine_items (tenant_id, account_id, id) where state = 'waiting' and told_at is null;
create index quarantine_items_expiry on quarantine_items (expires_at) where state = 'waiting';
alter table quarantine_items enable row level security;
alter table quarantine_items force row level security;
create policy tenant on quarantine_items to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on quarantine_items to angelia_app;
-- The jobs, and the operator who has only an id, look across tenants for where there is something to do; they see nothing of what.
create policy system on quarantine_items for select to angelia_system using (true);
grant select (tenant_id, id, state, expires_at, told_at) on quarantine_items to angelia_system;

-- When each account got its last digest.
create table quarantine_digests (
  tenant_id uuid not null,
  account_id uuid not null,
  sent_at timestamptz not null,
  primary key (tenant_id, account_id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id)
);
alter table quarantine_digests enable row level security;
alter table quarantine_digests force row level security;
create policy tenant on quarantine_digests to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on quarantine_digests to angelia_app;

-- What people told us of a message by moving or marking it, for the spam filter: the last word counts, and each is taught once.
-- The row stays for a while after it has been taught, so that the same is not taught again.
create table learn_queue (
  tenant_id uuid not null,
  blob_id uuid not null,
  kind text not null check (kind in ('spam', 'ham')),
  -- what the filter has learned of it so far
  taught text check (taught in ('spam', 'ham')),
  -- null: nothing is to be done
  due_at timestamptz,
  attempts integer not null default 0,
  changed_at timestamptz not null,
  primary key (tenant_id, blob_id)
);
create index learn_queue_due on learn_queue (due_at) where due_at is not null;
create index learn_queue_changed on learn_queue (tenant_id, changed_at);
alter table learn_queue enable row level security;
alter table learn_queue force row level security;
create policy tenant on learn_queue to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on learn_queue to angelia_app;
create policy system on learn_queue for select to angelia_system using (true);
grant select (tenant_id, due_at, changed_at) on learn_queue to angelia_system;
