-- Old mail that is brought in: what is to be copied from where, how far it has come, and what was copied already.

create table migrations (
  tenant_id uuid not null references tenants (id),
  id uuid not null,
  kind text not null check (kind in ('imap', 'mbox', 'maildir', 'eml', 'pst')),
  name text not null,
  state text not null default 'draft' check (state in ('draft', 'running', 'paused', 'copied', 'finished', 'cancelled')),
  -- of the old server: host, port, security, how to sign in; no secrets
  settings json not null,
  into_path text not null,
  -- of an administrator of the old server; null: there is none, or it is forgotten
  tenant_key_id uuid,
  wrapped_secret bytea,
  -- somebody brings their own mail: nobody else sees it
  own_account_id uuid,
  created_by text not null,
  created_at timestamptz not null,
  started_at timestamptz,
  copied_at timestamptz,
  finished_at timestamptz,
  pass integer not null default 1,
  -- when the passwords of a migration that nobody finished are forgotten
  forget_at timestamptz,
  primary key (tenant_id, id)
);
create index migrations_forget on migrations (forget_at) where forget_at is not null;
alter table migrations enable row level security;
alter table migrations force row level security;
create policy tenant on migrations to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on migrations to angelia_app;
create policy system on migrations for select to angelia_system using (true);
grant select (tenant_id, id, forget_at) on migrations to angelia_system;

-- One mailbox of the old server, or one file, and the account here that gets its mail. A row is the work of one process at a time:
-- who leases it (due_at is also the end of the lease) writes nothing any more once another one has leased it.
create table migration_mailboxes (
  tenant_id uuid not null,
  migration_id uuid not null,
  id uuid not null,
  account_id uuid not null,
  address text not null,
  source_user text not null,
  host text,
  file_id uuid,
  tenant_key_id uuid,
  wrapped_secret bytea,
  state text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'full', 'failed')),
  reason_code text,
  reason_detail text,
  folder text,
  found bigint not null default 0,
  copied bigint not null default 0,
  skipped bigint not null default 0,
  failed bigint not null default 0,
  bytes bigint not null default 0,
  attempts integer not null default 0,
  due_at timestamptz,
  lease uuid,
  -- which process has the lease, by a name that it has again when it is started again
  holder text,
  started_at timestamptz,
  finished_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, migration_id) references migrations (tenant_id, id) on delete cascade,
  foreign key (tenant_id, account_id) references accounts (tenant_id, id) on delete cascade
) with (fillfactor = 70);
create index migration_mailboxes_of on migration_mailboxes (tenant_id, migration_id, id);
create unique index migration_mailboxes_once on migration_mailboxes (tenant_id, migration_id, account_id, source_user, host, file_id)
  nulls not distinct;
create index migration_mailboxes_due on migration_mailboxes (due_at) where due_at is not null;
create index migration_mailboxes_held on migration_mailboxes (holder) where lease is not null;
alter table migration_mailboxes enable row level security;
alter table migration_mailboxes force row level security;
create policy tenant on migration_mailboxes to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on migration_mailboxes to angelia_app;
create policy system on migration_mailboxes to angelia_system using (true);
grant select (tenant_id, id, due_at, lease, holder) on migration_mailboxes to angelia_system;
grant update (due_at, lease, holder) on migration_mailboxes to angelia_system;

-- The folders of a mailbox when it was last looked at. ref: a digest of the folder's name there.
create table migration_folders (
  tenant_id uuid not null,
  row_id uuid not null,
  ref uuid not null,
  path text not null,
  target text,
  found bigint not null default 0,
  copied bigint not null default 0,
  skipped bigint not null default 0,
  failed bigint not null default 0,
  bytes bigint not null default 0,
  -- of those skipped: what another migration had brought from the same place
  elsewhere bigint not null default 0,
  -- the last pass that is through with it, and how the folder was then: nothing has come if it still is so
  done_pass integer not null default 0,
  mark text,
  primary key (tenant_id, row_id, ref),
  foreign key (tenant_id, row_id) references migration_mailboxes (tenant_id, id) on delete cascade
) with (fillfactor = 70);
alter table migration_folders enable row level security;
alter table migration_folders force row level security;
create policy tenant on migration_folders to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on migration_folders to angelia_app;

-- What is here already, written in the commit that brings it. It outlives the migration, so that a second one makes no doubles.
-- source: a digest of server, user, folder and UIDVALIDITY, or of the file and the folder in it; uid: the number there.
create table migration_copies (
  tenant_id uuid not null,
  account_id uuid not null,
  source uuid not null,
  uid bigint not null,
  row_id uuid not null,
  -- where it was put; null: an equal one was there already
  mailbox_id uuid,
  mailbox_uid bigint,
  -- the flags that it had there when they were last looked at
  flags smallint not null,
  keywords text[] not null default '{}',
  -- imap, maildir and eml keep all octets; mbox changes the header, pst all
  kind text not null,
  -- digest of the blob; of Message-ID and Date; octets of the body
  digest bytea not null,
  likeness uuid,
  body_bytes bigint not null,
  primary key (tenant_id, account_id, source, uid),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id) on delete cascade
);
create index migration_copies_digest on migration_copies (tenant_id, account_id, digest);
create index migration_copies_likeness on migration_copies (tenant_id, account_id, likeness) where likeness is not null;
alter table migration_copies enable row level security;
alter table migration_copies force row level security;
create policy tenant on migration_copies to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on migration_copies to angelia_app;

-- Messages that could not be copied in the last pass.
create table migration_failures (
  tenant_id uuid not null,
  row_id uuid not null,
  ref uuid not null,
  uid bigint not null,
  reason_code text not null,
  reason_detail text not null,
  primary key (tenant_id, row_id, ref, uid),
  foreign key (tenant_id, row_id) references migration_mailboxes (tenant_id, id) on delete cascade
);
alter table migration_failures enable row level security;
alter table migration_failures force row level security;
create policy tenant on migration_failures to angelia_app using (tenant_id = app_tenant());
grant select, insert, delete on migration_failures to angelia_app;

-- Files that somebody uploads, and their pieces: encrypted like mail, in the object store, and deleted when they have been read.
create table migration_files (
  tenant_id uuid not null,
  migration_id uuid not null,
  id uuid not null,
  account_id uuid not null,
  address text not null,
  name text not null,
  size bigint not null,
  received bigint not null default 0,
  -- when its pieces are to be deleted
  purge_at timestamptz,
  is_deleted boolean not null default false,
  primary key (tenant_id, id),
  foreign key (tenant_id, migration_id) references migrations (tenant_id, id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id) on delete cascade
);
create index migration_files_of on migration_files (tenant_id, migration_id, id);
create index migration_files_purge on migration_files (purge_at) where purge_at is not null;
alter table migration_files enable row level security;
alter table migration_files force row level security;
create policy tenant on migration_files to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on migration_files to angelia_app;
create policy system on migration_files for select to angelia_system using (true);
grant select (tenant_id, id, purge_at) on migration_files to angelia_system;

create table migration_pieces (
  tenant_id uuid not null,
  file_id uuid not null,
  at_byte bigint not null,
  size integer not null,
  blob_id uuid not null,
  tenant_key_id uuid not null,
  wrapped_key bytea not null,
  object_key text,
  hot bytea,
  primary key (tenant_id, file_id, at_byte),
  foreign key (tenant_id, file_id) references migration_files (tenant_id, id) on delete cascade
);
alter table migration_pieces enable row level security;
alter table migration_pieces force row level security;
create policy tenant on migration_pieces to angelia_app using (tenant_id = app_tenant());
grant select, insert, delete on migration_pieces to angelia_app;
