-- What SEARCH, SORT and THREAD read instead of messages. A job fills both tables after delivery (jobs/index-messages); what is
-- not in them yet is found all the same, by reading the message. No trigram index stands here: under row-level security
-- PostgreSQL may use an index only for operators that are marked leakproof, and LIKE is not.

-- Of each message what header keys and sort keys compare, decoded and folded (src/protocol/collation). Compared octet by octet.
create table search_keys (
  tenant_id uuid not null,
  message_id uuid not null,
  -- of these values: a reader that makes others takes the row for missing
  form smallint not null,
  from_text text collate "C" not null,
  to_text text collate "C" not null,
  cc_text text collate "C" not null,
  bcc_text text collate "C" not null,
  subject text collate "C" not null,
  -- RFC 5256 §2.1
  base_subject text collate "C" not null,
  is_reply boolean not null,
  -- the local part of the first address; its name, or the address (RFC 5957)
  from_mailbox text collate "C" not null,
  to_mailbox text collate "C" not null,
  cc_mailbox text collate "C" not null,
  from_display text collate "C" not null,
  to_display text collate "C" not null,
  -- of the Date field: the instant, and the day in the zone that it is written in
  sent_at timestamptz,
  sent_day date,
  -- hashes of message ids, eight octets each: its own (zero: none), then what it refers to
  refs bytea not null,
  primary key (tenant_id, message_id),
  foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade
);
alter table search_keys enable row level security;
alter table search_keys force row level security;
create policy tenant on search_keys to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on search_keys to angelia_app;

-- Bloom filters of the trigrams of a message's texts, hashed under a key that is derived from the tenant's and the message's id:
-- they tell what a message does not hold, and without the key nothing but about how long it is. Null: too much, read the message.
create table search_filters (
  tenant_id uuid not null,
  message_id uuid not null,
  form smallint not null,
  tenant_key_id uuid not null,
  -- of all header fields, those of parts and of messages inside too; of all texts
  head bytea,
  body bytea,
  primary key (tenant_id, message_id),
  foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade
);
alter table search_filters alter column head set storage external;
alter table search_filters alter column body set storage external;
alter table search_filters enable row level security;
alter table search_filters force row level security;
create policy tenant on search_filters to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on search_filters to angelia_app;

-- How far the job is: all messages of the tenant up to this id have been looked at.
create table search_progress (
  tenant_id uuid not null primary key,
  form smallint not null,
  until_id uuid not null
);
alter table search_progress enable row level security;
alter table search_progress force row level security;
create policy tenant on search_progress to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on search_progress to angelia_app;
create policy system on search_progress for select to angelia_system using (true);
grant select on search_progress to angelia_system;
-- The job looks across tenants for who has messages that are not indexed; it sees ids, and nothing of what they are.
create policy search on messages for select to angelia_system using (true);
grant select (tenant_id, id) on messages to angelia_system;
