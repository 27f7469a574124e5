-- Mail on its way out: what was handed over, to whom it goes, and what is due.

-- One hand-over: by an account (SMTP submission, JMAP EmailSubmission), or by ourselves (a bounce: no account).
create table submissions (
  tenant_id uuid not null,
  id uuid not null,
  account_id uuid,
  -- the message as it leaves, and its envelope; mail_from '' is the null path
  blob_id uuid not null,
  size bigint not null,
  mail_from text not null,
  eight_bit boolean not null,
  smtp_utf8 boolean not null,
  ret text check (ret in ('FULL', 'HDRS')),
  envid text,
  arrived_at timestamptz not null,
  send_at timestamptz not null,
  -- pending: it waits for send_at, and can be canceled until then
  undo_status text not null check (undo_status in ('pending', 'final', 'canceled')),
  -- what JMAP calls them
  identity_id text,
  email_id uuid,
  thread_id uuid,
  created_modseq bigint not null,
  modseq bigint not null,
  primary key (tenant_id, id)
);
create index submissions_account on submissions (tenant_id, account_id, send_at desc, id);
create index submissions_changed on submissions (tenant_id, account_id, modseq);
alter table submissions enable row level security;
alter table submissions force row level security;
create policy tenant on submissions to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on submissions to angelia_app;

create table outbound_recipients (
  tenant_id uuid not null,
  submission_id uuid not null,
  n integer not null,
  address text not null,
  -- lower case, A-labels: one connection goes to each
  domain text not null,
  -- RFC 3461
  notify text[],
  orcpt text,
  -- RFC 8621 §7: queued; yes: in a mailbox here; unknown: another server has it; no: given up
  delivered text not null check (delivered in ('queued', 'yes', 'unknown', 'no')),
  -- the last reply, of another server or in its form, and who gave it
  smtp_reply text,
  remote_mta text,
  attempted_at timestamptz,
  primary key (tenant_id, submission_id, n)
);
alter table outbound_recipients enable row level security;
alter table outbound_recipients force row level security;
create policy tenant on outbound_recipients to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on outbound_recipients to angelia_app;

-- What is to be tried: all queued recipients of one submission in one domain. The row goes when none is left.
-- due_at is also the end of a lease: whoever takes the row moves it on, and a process that dies simply lets it come due.
create table outbound_queue (
  tenant_id uuid not null,
  id uuid not null,
  submission_id uuid not null,
  domain text not null,
  due_at timestamptz not null,
  -- who holds it; nobody else may record what came of it
  lease uuid,
  attempts integer not null default 0,
  give_up_at timestamptz not null,
  -- the sender has heard that it takes longer
  delay_told boolean not null default false,
  primary key (tenant_id, id)
) with (fillfactor = 70);
create index outbound_queue_due on outbound_queue (due_at);
create index outbound_queue_submission on outbound_queue (tenant_id, submission_id);
alter table outbound_queue enable row level security;
alter table outbound_queue force row level security;
create policy tenant on outbound_queue to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on outbound_queue to angelia_app;
-- Leasing looks across tenants: it sees that something is due, and nothing of what.
create policy system on outbound_queue to angelia_system using (true);
grant select (tenant_id, id, due_at, lease) on outbound_queue to angelia_system;
grant update (due_at, lease) on outbound_queue to angelia_system;

-- What this tenant's mailboxes have got from the queue of another tenant: written with the delivery itself, so that a message
-- which is tried again after a crash is not delivered again.
create table delivered_submissions (
  tenant_id uuid not null,
  submission_id uuid not null,
  account_id uuid not null,
  delivered_at timestamptz not null,
  primary key (tenant_id, submission_id, account_id)
);
alter table delivered_submissions enable row level security;
alter table delivered_submissions force row level security;
create policy tenant on delivered_submissions to angelia_app using (tenant_id = app_tenant());
grant select, insert, delete on delivered_submissions to angelia_app;
