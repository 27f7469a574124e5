-- What clients keep at a mailbox (RFC 5464), or at the account: then `subject_id` is the account.
create table annotations (
  tenant_id uuid not null,
  -- whose mailbox it is: its change counter moves
  account_id uuid not null,
  subject_id uuid not null,
  -- who alone sees a /private entry; all zeros for a /shared one
  reader_id uuid not null,
  entry text not null check (length(entry) between 1 and 255),
  -- null: it was taken away, and whoever watches is to hear of it
  value bytea check (octet_length(value) <= 65536),
  modseq bigint not null,
  primary key (tenant_id, subject_id, reader_id, entry),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id)
);
-- The values of a mailbox that was deleted stay, and nobody finds them: there is no such mailbox any more.
create index annotations_changed on annotations (tenant_id, account_id, modseq);
alter table annotations enable row level security;
alter table annotations force row level security;
create policy tenant on annotations to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on annotations to angelia_app;
