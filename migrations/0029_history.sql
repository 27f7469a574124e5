-- What happened to each message, told once and never rewritten: who sent it, to whom, and what came of it. No subject, no text.
-- A trace is one message on its way: the ids of its events share trace_id, which is a UUIDv7, so traces sort by when they began.
create table history (
  tenant_id uuid not null,
  trace_id uuid not null,
  id uuid not null default uuidv7(),
  at timestamptz not null,
  kind text not null check (length(kind) between 1 and 40),
  -- lower case; '' when it is about all of them
  recipient text collate "C" not null,
  -- The rest stands in the first event of each recipient only: those are what is searched, and shown as a list.
  direction text check (direction in ('in', 'out', 'internal')),
  sender text collate "C",
  message_id text collate "C",
  size bigint,
  client_ip text,
  -- HistoryDetail in src/contract/history.ts
  detail json not null default '{}',
  primary key (tenant_id, trace_id, id)
);
create index history_recipient on history (tenant_id, recipient, trace_id) where direction is not null;
create index history_sender on history (tenant_id, sender, trace_id) where direction is not null;
create index history_message_id on history (tenant_id, message_id) where message_id is not null;
alter table history enable row level security;
alter table history force row level security;
create policy tenant on history to angelia_app using (tenant_id = app_tenant());
-- Append only for the application; what is too old is removed by the job, which sees nothing but ages.
grant select, insert on history to angelia_app;
create policy system on history to angelia_system using (true);
grant select (tenant_id, trace_id, id), delete on history to angelia_system;

-- Mail that an administrator holds in the queue, one entry at a time: due after all that is held otherwise, and by whom and why.
alter table outbound_queue
  add column held_at timestamptz,
  add column held_by text,
  add column held_reason text;
