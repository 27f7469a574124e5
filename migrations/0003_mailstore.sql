-- Mailboxes, messages, placements, and the one function through which every message comes in.

create table mailboxes (
  tenant_id uuid not null,
  account_id uuid not null,
  id uuid not null,
  parent_id uuid,
  name text not null check (length(name) between 1 and 255),
  role text check (role in ('inbox', 'drafts', 'sent', 'junk', 'trash', 'archive')),
  sort_order integer not null default 100,
  is_subscribed boolean not null default true,
  uid_validity bigint not null,
  uid_next bigint not null default 1,
  -- UIDs from here on have not been seen by any IMAP session (\Recent).
  recent_from_uid bigint not null default 1,
  total bigint not null default 0,
  unseen bigint not null default 0,
  total_bytes bigint not null default 0,
  created_modseq bigint not null,
  -- of its name, parent, role, subscription
  modseq bigint not null,
  -- of its counts and contents
  content_modseq bigint not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id)
) with (fillfactor = 50);
create unique index mailboxes_name on mailboxes (tenant_id, account_id, parent_id, name) nulls not distinct;
create unique index mailboxes_role on mailboxes (tenant_id, account_id, role) where role is not null;
alter table mailboxes enable row level security;
alter table mailboxes force row level security;
create policy tenant on mailboxes to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on mailboxes to angelia_app;

-- An account is never without its mailboxes. Roles, not names, tell what they are for.
create function add_default_mailboxes() returns trigger language plpgsql as $$
begin
  insert into mailboxes (tenant_id, account_id, id, name, role, sort_order, uid_validity, created_modseq, modseq, content_modseq)
  select a.tenant_id, a.id, uuidv7(), d.name, d.role, d.sort_order, extract(epoch from now())::bigint, 1, 1, 1
  from added a cross join (values ('INBOX', 'inbox', 10), ('Drafts', 'drafts', 20), ('Sent', 'sent', 30),
    ('Archive', 'archive', 40), ('Junk', 'junk', 50), ('Trash', 'trash', 60)) d(name, role, sort_order);
  return null;
end $$;
create trigger default_mailboxes after insert on accounts
  referencing new table as added for each statement execute function add_default_mailboxes();

create table destroyed_mailboxes (
  tenant_id uuid not null,
  account_id uuid not null,
  id uuid not null,
  name text not null,
  uid_validity bigint not null,
  created_modseq bigint not null,
  modseq bigint not null,
  primary key (tenant_id, account_id, id)
);
alter table destroyed_mailboxes enable row level security;
alter table destroyed_mailboxes force row level security;
create policy tenant on destroyed_mailboxes to angelia_app using (tenant_id = app_tenant());
grant select, insert on destroyed_mailboxes to angelia_app;

-- The parsed form of one blob; immutable, shared by all accounts of a tenant that have the message.
create table messages (
  tenant_id uuid not null,
  id uuid not null,
  blob_id uuid not null,
  size bigint not null,
  sent_at timestamptz,
  subject text not null,
  sender text not null,
  recipients text not null,
  preview text not null,
  has_attachment boolean not null,
  -- MimeIndex: envelope and byte offsets of every part, so that no read ever parses again
  structure json not null,
  primary key (tenant_id, id)
);
create unique index messages_blob on messages (tenant_id, blob_id);
alter table messages enable row level security;
alter table messages force row level security;
create policy tenant on messages to angelia_app using (tenant_id = app_tenant());
grant select, insert on messages to angelia_app;

-- A message in a mailbox. Placements of one account with the same email_id are one JMAP Email.
-- No foreign keys here: rows are written by functions of this file alone, and each costs a lock on the delivery path.
create table placements (
  tenant_id uuid not null,
  account_id uuid not null,
  mailbox_id uuid not null,
  uid bigint not null,
  email_id uuid not null,
  message_id uuid not null,
  thread_id uuid not null,
  -- 1 \Seen, 2 \Answered, 4 \Flagged, 8 \Deleted, 16 \Draft
  flags smallint not null,
  keywords text[] not null default '{}',
  size bigint not null,
  received_at timestamptz not null,
  saved_at timestamptz not null default now(),
  modseq bigint not null,
  created_modseq bigint not null,
  -- when the JMAP Email came into being: it survives a move
  email_modseq bigint not null,
  primary key (tenant_id, mailbox_id, uid)
);
create index placements_email on placements (tenant_id, account_id, email_id);
create index placements_changed on placements (tenant_id, account_id, modseq);
create index placements_thread on placements (tenant_id, account_id, thread_id);
create index placements_received on placements (tenant_id, mailbox_id, received_at desc, email_id);
alter table placements enable row level security;
alter table placements force row level security;
create policy tenant on placements to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on placements to angelia_app;

-- What was in a mailbox and is hidden: deleting is hiding. Also the memory of expunged UIDs (RFC 7162 VANISHED, JMAP destroyed).
create table expunged (
  tenant_id uuid not null,
  account_id uuid not null,
  mailbox_id uuid not null,
  uid bigint not null,
  email_id uuid not null,
  message_id uuid not null,
  thread_id uuid not null,
  flags smallint not null,
  keywords text[] not null,
  received_at timestamptz not null,
  email_modseq bigint not null,
  modseq bigint not null,
  expunged_at timestamptz not null default now(),
  primary key (tenant_id, mailbox_id, uid)
);
create index expunged_changed on expunged (tenant_id, account_id, modseq);
alter table expunged enable row level security;
alter table expunged force row level security;
create policy tenant on expunged to angelia_app using (tenant_id = app_tenant());
grant select, insert on expunged to angelia_app;

-- Which thread a message id belongs to, per account (first 16 octets of the SHA-256 of the id).
create table thread_refs (
  tenant_id uuid not null,
  account_id uuid not null,
  ref uuid not null,
  thread_id uuid not null,
  primary key (tenant_id, account_id, ref)
);
alter table thread_refs enable row level security;
alter table thread_refs force row level security;
create policy tenant on thread_refs to angelia_app using (tenant_id = app_tenant());
grant select, insert on thread_refs to angelia_app;

-- Moves the account's change counter on and keeps its row locked until the end of the transaction:
-- every writer of an account calls this first, so counters become visible in their order.
create function bump_modseq(account uuid) returns bigint language plpgsql as $$
declare now_at bigint;
begin
  update accounts set modseq = modseq + 1 where tenant_id = app_tenant() and id = account returning modseq into now_at;
  if now_at is null then raise exception 'account unknown' using errcode = 'AN001'; end if;
  return now_at;
end $$;

-- p_tenant is the scope of the transaction; policies see to it that it can be no other.
-- Stores one message for any number of accounts of one tenant, in one statement.
-- An account that can't take it is answered in `outcome` (over_quota, no_account, no_mailbox) and changes nothing.
-- The statements inside see what was committed before the account's lock was taken (READ COMMITTED), so two messages of one
-- thread that arrive together end in one thread.
create function deliver(
  p_tenant uuid, p_blob_id uuid, p_digest bytea, p_size bigint, p_tenant_key_id uuid, p_wrapped_key bytea, p_hot bytea, p_object_key text,
  p_message_id uuid, p_sent_at timestamptz, p_subject text, p_sender text, p_recipients text, p_preview text,
  p_has_attachment boolean, p_structure text, p_refs uuid[],
  p_accounts uuid[], p_mailboxes uuid[], p_roles text[], p_flags smallint[], p_keywords text, p_received timestamptz[],
  p_ignore_quota boolean
) returns table (
  n integer, account_id uuid, outcome text, mailbox_id uuid, uid bigint, uid_validity bigint, email_id uuid, thread_id uuid,
  message_id uuid, blob_id uuid, modseq bigint
) language plpgsql
-- Each session would else plan each statement five times before it keeps a plan, and always the same one.
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  t uuid := p_tenant;
  v_blob uuid;
  v_message uuid;
  v_box uuid;
  v_uid_validity bigint;
  v_uid bigint;
  v_email uuid;
  v_thread uuid;
  v_modseq bigint;
  v_flags smallint;
begin
  -- In one order everywhere, so that two deliveries never wait for each other. One account is locked by its update below.
  if cardinality(p_accounts) > 1 then
    perform 1 from accounts a where a.tenant_id = t and a.id = any (p_accounts) order by a.id for update;
  end if;
  for i in 1 .. cardinality(p_accounts) loop
    n := i; account_id := p_accounts[i]; outcome := 'delivered'; mailbox_id := null; uid := null; uid_validity := null;
    email_id := null; thread_id := null; message_id := null; blob_id := null; modseq := null;
    v_flags := p_flags[i];
    -- The account first, then the mailbox: the order of all writers.
    update accounts a set modseq = a.modseq + 1, used_bytes = a.used_bytes + p_size
      where a.tenant_id = t and a.id = p_accounts[i] and (p_ignore_quota or a.used_bytes + p_size <= a.quota_bytes)
      returning a.modseq into v_modseq;
    if not found then
      perform 1 from accounts a where a.tenant_id = t and a.id = p_accounts[i];
      outcome := case when found then 'over_quota' else 'no_account' end;
      return next; continue;
    end if;
    if p_mailboxes[i] is null then
      update mailboxes m set uid_next = m.uid_next + 1, total = m.total + 1, unseen = m.unseen + ((v_flags & 1) # 1),
          total_bytes = m.total_bytes + p_size, content_modseq = v_modseq
        where m.tenant_id = t and m.account_id = p_accounts[i] and m.role = p_roles[i]
        returning m.id, m.uid_next - 1, m.uid_validity into v_box, v_uid, v_uid_validity;
    else
      update mailboxes m set uid_next = m.uid_next + 1, total = m.total + 1, unseen = m.unseen + ((v_flags & 1) # 1),
          total_bytes = m.total_bytes + p_size, content_modseq = v_modseq
        where m.tenant_id = t and m.account_id = p_accounts[i] and m.id = p_mailboxes[i]
        returning m.id, m.uid_next - 1, m.uid_validity into v_box, v_uid, v_uid_validity;
    end if;
    if not found then
      update accounts a set used_bytes = a.used_bytes - p_size where a.tenant_id = t and a.id = p_accounts[i];
      outcome := 'no_mailbox'; return next; continue;
    end if;

    if v_blob is null then
      insert into blobs (tenant_id, id, digest, size, object_key) values (t, p_blob_id, p_digest, p_size, p_object_key)
        on conflict (tenant_id, digest) do nothing returning id into v_blob;
      if v_blob is not null then
        insert into blob_keys (tenant_id, blob_id, tenant_key_id, wrapped_key) values (t, v_blob, p_tenant_key_id, p_wrapped_key);
        if p_hot is not null then insert into hot_blobs (tenant_id, blob_id, bytes) values (t, v_blob, p_hot); end if;
      else
        select b.id into v_blob from blobs b where b.tenant_id = t and b.digest = p_digest;
      end if;
      insert into messages (tenant_id, id, blob_id, size, sent_at, subject, sender, recipients, preview, has_attachment, structure)
        values (t, p_message_id, v_blob, p_size, p_sent_at, p_subject, p_sender, p_recipients, p_preview, p_has_attachment, p_structure::json)
        on conflict (tenant_id, blob_id) do nothing returning id into v_message;
      if v_message is null then
        select m.id into v_message from messages m where m.tenant_id = t and m.blob_id = v_blob;
      end if;
    end if;

    v_thread := null;
    if cardinality(p_refs) > 0 then
      select r.thread_id into v_thread from thread_refs r
        where r.tenant_id = t and r.account_id = p_accounts[i] and r.ref = any (p_refs) limit 1;
      v_thread := coalesce(v_thread, uuidv7());
      insert into thread_refs (tenant_id, account_id, ref, thread_id)
        select t, p_accounts[i], unnest(p_refs), v_thread on conflict do nothing;
    end if;
    v_thread := coalesce(v_thread, uuidv7());
    v_email := uuidv7();
    insert into placements (tenant_id, account_id, mailbox_id, uid, email_id, message_id, thread_id, flags, keywords, size,
        received_at, modseq, created_modseq, email_modseq)
      values (t, p_accounts[i], v_box, v_uid, v_email, v_message, v_thread, v_flags,
        array(select json_array_elements_text(p_keywords::json -> (i - 1))), p_size, p_received[i], v_modseq, v_modseq, v_modseq);
    mailbox_id := v_box; uid := v_uid; uid_validity := v_uid_validity; email_id := v_email; thread_id := v_thread;
    message_id := v_message; blob_id := v_blob; modseq := v_modseq;
    return next;
  end loop;
end $$;
