-- Who else may use a mailbox (RFC 4314), shared accounts, and subscriptions to other people's mailboxes.

-- One entry of an access control list. The owner has all rights and stands in none.
create table mailbox_acl (
  tenant_id uuid not null,
  -- whose mailbox it is
  account_id uuid not null,
  mailbox_id uuid not null,
  -- both null: everybody of the tenant
  grantee_account uuid,
  grantee_group uuid,
  -- these rights are taken away from what other entries give
  is_negative boolean not null,
  rights text not null check (rights ~ '^[lrswipkxtea]+$'),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id),
  foreign key (tenant_id, mailbox_id) references mailboxes (tenant_id, id) on delete cascade,
  foreign key (tenant_id, grantee_account) references accounts (tenant_id, id),
  foreign key (tenant_id, grantee_group) references mail_groups (tenant_id, id) on delete cascade,
  check (num_nonnulls(grantee_account, grantee_group) <= 1),
  check (grantee_account is distinct from account_id)
);
create unique index mailbox_acl_entry on mailbox_acl (tenant_id, mailbox_id, grantee_account, grantee_group, is_negative)
  nulls not distinct;
create index mailbox_acl_account on mailbox_acl (tenant_id, grantee_account) where grantee_account is not null;
create index mailbox_acl_group on mailbox_acl (tenant_id, grantee_group) where grantee_group is not null;
create index mailbox_acl_anyone on mailbox_acl (tenant_id) where grantee_account is null and grantee_group is null;
alter table mailbox_acl enable row level security;
alter table mailbox_acl force row level security;
create policy tenant on mailbox_acl to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on mailbox_acl to angelia_app;

-- Who may use all of an account of kind `shared`: what its mailboxes at the top begin with.
create table shared_grants (
  tenant_id uuid not null,
  account_id uuid not null,
  grantee_account uuid,
  grantee_group uuid,
  role text not null check (role in ('reader', 'editor', 'sender', 'manager')),
  rights text not null check (rights ~ '^[lrswipkxtea]+$'),
  -- may write as the account
  can_send boolean not null,
  granted_at timestamptz not null default now(),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id),
  foreign key (tenant_id, grantee_account) references accounts (tenant_id, id),
  foreign key (tenant_id, grantee_group) references mail_groups (tenant_id, id) on delete cascade,
  check (num_nonnulls(grantee_account, grantee_group) <= 1),
  check (grantee_account is distinct from account_id)
);
create unique index shared_grants_entry on shared_grants (tenant_id, account_id, grantee_account, grantee_group) nulls not distinct;
create index shared_grants_account on shared_grants (tenant_id, grantee_account) where can_send and grantee_account is not null;
create index shared_grants_group on shared_grants (tenant_id, grantee_group) where can_send and grantee_group is not null;
create index shared_grants_anyone on shared_grants (tenant_id)
  where can_send and grantee_account is null and grantee_group is null;
alter table shared_grants enable row level security;
alter table shared_grants force row level security;
create policy tenant on shared_grants to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on shared_grants to angelia_app;

-- A mailbox of somebody else to which a person has subscribed; the own ones have `is_subscribed`.
create table shared_subscriptions (
  tenant_id uuid not null,
  account_id uuid not null,
  mailbox_id uuid not null,
  primary key (tenant_id, account_id, mailbox_id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id),
  foreign key (tenant_id, mailbox_id) references mailboxes (tenant_id, id) on delete cascade
);
create index shared_subscriptions_mailbox on shared_subscriptions (tenant_id, mailbox_id);
alter table shared_subscriptions enable row level security;
alter table shared_subscriptions force row level security;
create policy tenant on shared_subscriptions to angelia_app using (tenant_id = app_tenant());
grant select, insert, delete on shared_subscriptions to angelia_app;

-- A new mailbox has the list of the one above it (RFC 4314 §4, CREATE), whoever makes it.
create function inherit_mailbox_acl() returns trigger language plpgsql as $$
begin
  insert into mailbox_acl (tenant_id, account_id, mailbox_id, grantee_account, grantee_group, is_negative, rights)
  select m.tenant_id, m.account_id, m.id, r.grantee_account, r.grantee_group, r.is_negative, r.rights
  from added m join mailbox_acl r on r.tenant_id = m.tenant_id and r.mailbox_id = m.parent_id
  union all
  select m.tenant_id, m.account_id, m.id, g.grantee_account, g.grantee_group, false, g.rights
  from added m join shared_grants g on g.tenant_id = m.tenant_id and g.account_id = m.account_id
  where m.parent_id is null;
  return null;
end $$;
create trigger inherited_acl after insert on mailboxes
  referencing new table as added for each statement execute function inherit_mailbox_acl();

-- The groups that an account is in, by way of other groups too. Each step follows a key.
create function groups_of(p_tenant uuid, p_account uuid) returns uuid[] language sql stable as $$
  with recursive within as (
    select group_id from mail_group_members where tenant_id = p_tenant and account_id = p_account
    union
    select m.group_id from within w cross join lateral (
      select group_id from mail_group_members where tenant_id = p_tenant and child_id = w.group_id offset 0) m
  ) select coalesce(array_agg(group_id), '{}') from within
$$;

-- What the lists of mailboxes that are not one's own say about an account.
create function acl_of(p_tenant uuid, p_account uuid)
returns table (mailbox_id uuid, granted text, denied text) language sql stable as $$
  select e.mailbox_id, string_agg(e.rights, '') filter (where not e.is_negative),
    coalesce(string_agg(e.rights, '') filter (where e.is_negative), '')
  from (
    select r.mailbox_id, r.rights, r.is_negative from mailbox_acl r
      where r.tenant_id = p_tenant and r.grantee_account = p_account
    union all
    select r.mailbox_id, r.rights, r.is_negative from unnest(groups_of(p_tenant, p_account)) g
      join mailbox_acl r on r.tenant_id = p_tenant and r.grantee_group = g and r.account_id <> p_account
    union all
    select r.mailbox_id, r.rights, r.is_negative from mailbox_acl r
      where r.tenant_id = p_tenant and r.grantee_account is null and r.grantee_group is null and r.account_id <> p_account
  ) e group by e.mailbox_id having bool_or(not e.is_negative)
$$;

-- The thread of an account that a message with these references belongs to, as `deliver` finds it; they lead to it from now on.
create function thread_of(p_tenant uuid, p_account uuid, p_refs uuid[]) returns uuid language plpgsql volatile as $$
declare v_thread uuid;
begin
  select r.thread_id into v_thread from thread_refs r
    where r.tenant_id = p_tenant and r.account_id = p_account and r.ref = any (p_refs) limit 1;
  v_thread := coalesce(v_thread, uuidv7());
  insert into thread_refs (tenant_id, account_id, ref, thread_id)
    select p_tenant, p_account, unnest(p_refs), v_thread on conflict do nothing;
  return v_thread;
end $$;
