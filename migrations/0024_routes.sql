-- Where mail to an address goes besides into a mailbox: groups, forwards, catch-alls.

create table mail_groups (
  tenant_id uuid not null references tenants (id),
  id uuid not null,
  -- its first address; all of them stand in `addresses`
  address text not null check (address = lower(address)),
  name text not null default '' check (length(name) <= 200),
  -- who may write to it
  senders text not null default 'anyone' check (senders in ('anyone', 'members', 'tenant')),
  -- its members may write as it
  send_as boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
alter table mail_groups enable row level security;
alter table mail_groups force row level security;
create policy tenant on mail_groups to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on mail_groups to angelia_app;

-- One table of addresses for accounts and groups: its key keeps anything from having the address of something else.
alter table addresses alter column account_id drop not null;
alter table addresses add column group_id uuid;
alter table addresses add constraint addresses_group
  foreign key (tenant_id, group_id) references mail_groups (tenant_id, id) on delete cascade;
alter table addresses add constraint addresses_one_owner check (num_nonnulls(account_id, group_id) = 1);
create index addresses_of_group on addresses (tenant_id, group_id) where group_id is not null;

create table mail_group_members (
  tenant_id uuid not null,
  group_id uuid not null,
  -- canonical
  address text not null,
  -- inside: an account or a group; outside: the address as the other host wants it, letter case and all
  account_id uuid,
  child_id uuid,
  written text,
  added_at timestamptz not null default now(),
  primary key (tenant_id, group_id, address),
  foreign key (tenant_id, group_id) references mail_groups (tenant_id, id) on delete cascade,
  foreign key (tenant_id, child_id) references mail_groups (tenant_id, id) on delete cascade,
  foreign key (tenant_id, account_id) references accounts (tenant_id, id),
  check (num_nonnulls(account_id, child_id, written) = 1)
);
create index mail_group_members_account on mail_group_members (tenant_id, account_id) where account_id is not null;
create index mail_group_members_child on mail_group_members (tenant_id, child_id) where child_id is not null;
alter table mail_group_members enable row level security;
alter table mail_group_members force row level security;
create policy tenant on mail_group_members to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on mail_group_members to angelia_app;

create table forwards (
  tenant_id uuid not null,
  account_id uuid not null,
  keep_copy boolean not null,
  -- an address, or `operator`
  set_by text not null,
  changed_at timestamptz not null default now(),
  primary key (tenant_id, account_id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id)
);
alter table forwards enable row level security;
alter table forwards force row level security;
create policy tenant on forwards to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on forwards to angelia_app;

create table forward_targets (
  tenant_id uuid not null,
  account_id uuid not null,
  address text not null,
  target_account_id uuid,
  target_group_id uuid,
  written text,
  -- permanent failures in a row, since when it counts as failing (and its owner knows), and what was said last
  failures integer not null default 0,
  failing_since timestamptz,
  last_reply text,
  primary key (tenant_id, account_id, address),
  foreign key (tenant_id, account_id) references forwards (tenant_id, account_id) on delete cascade,
  foreign key (tenant_id, target_account_id) references accounts (tenant_id, id),
  foreign key (tenant_id, target_group_id) references mail_groups (tenant_id, id) on delete cascade,
  check (num_nonnulls(target_account_id, target_group_id, written) = 1)
);
create index forward_targets_group on forward_targets (tenant_id, target_group_id) where target_group_id is not null;
alter table forward_targets enable row level security;
alter table forward_targets force row level security;
create policy tenant on forward_targets to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on forward_targets to angelia_app;

-- What a domain does with mail for addresses that nobody has.
create table catch_alls (
  tenant_id uuid not null,
  domain text not null,
  -- canonical, as it was given
  address text not null,
  account_id uuid,
  group_id uuid,
  written text,
  changed_at timestamptz not null default now(),
  primary key (tenant_id, domain),
  foreign key (tenant_id, domain) references domains (tenant_id, name) on delete cascade,
  foreign key (tenant_id, account_id) references accounts (tenant_id, id),
  foreign key (tenant_id, group_id) references mail_groups (tenant_id, id) on delete cascade,
  check (num_nonnulls(account_id, group_id, written) = 1)
);
create index catch_alls_group on catch_alls (tenant_id, group_id) where group_id is not null;
alter table catch_alls enable row level security;
alter table catch_alls force row level security;
create policy tenant on catch_alls to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on catch_alls to angelia_app;

-- For whom a message on its way out is forwarded: whose forward fails when it comes back.
create table forwarded_submissions (
  tenant_id uuid not null,
  submission_id uuid not null,
  account_id uuid not null,
  primary key (tenant_id, submission_id, account_id)
);
alter table forwarded_submissions enable row level security;
alter table forwarded_submissions force row level security;
create policy tenant on forwarded_submissions to angelia_app using (tenant_id = app_tenant());
grant select, insert on forwarded_submissions to angelia_app;

-- What this tenant has sent on of the queue of another tenant (or its own), and in whose name: written with the forward itself, so
-- that a message which is tried again after a crash is not forwarded again.
create table forwarded_once (
  tenant_id uuid not null,
  submission_id uuid not null,
  via text not null,
  forwarded_at timestamptz not null,
  primary key (tenant_id, submission_id, via)
);
alter table forwarded_once enable row level security;
alter table forwarded_once force row level security;
create policy tenant on forwarded_once to angelia_app using (tenant_id = app_tenant());
grant select, insert on forwarded_once to angelia_app;

-- What some addresses of a tenant lead to, and everything that can be reached from there through groups and forwards inside the
-- tenant: `union` meets each account and group once, so a circle ends. What it means is decided by the application.
-- p_plain are the addresses without the detail of a sub-address. Of what has the address itself, what has it without the detail,
-- and the catch-all of the domain, the first one counts; postmaster and abuse are never caught.
-- It is planned once for all tenants, with no idea of how large each of them is. So each step is a look-up by key, in the order in
-- which it stands ("offset 0" keeps it): joined otherwise, the planner reads all accounts of a tenant for one address, or compares each
-- of them with each of a group's members.
create function find_route_graph(p_tenant uuid, p_asked text[], p_plain text[], p_domains text[], p_senders text[])
returns json language plpgsql stable 
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  return (
    with recursive asked as (
      select a.n, a.address, a.plain, a.domain, a.plain ~ '^(postmaster|abuse)@' as is_role
      from unnest(p_asked, p_plain, p_domains) with ordinality as a(address, plain, domain, n)
    ), root as materialized (
      select a.n, a.is_role, h.account_id, h.group_id, h.written, h.is_caught
      from asked a left join lateral (
        select * from (
          select 1 as rank, d.account_id, d.group_id, null::text as written, false as is_caught
            from addresses d where d.tenant_id = p_tenant and d.address = a.address
          union all
          select 2, d.account_id, d.group_id, null, false
            from addresses d where d.tenant_id = p_tenant and d.address = a.plain and a.plain <> a.address
          union all
          select 3, c.account_id, c.group_id, c.written, true
            from catch_alls c where c.tenant_id = p_tenant and c.domain = a.domain and not a.is_role
        ) found order by rank limit 1
      ) h on true
    ), keeper as materialized (
      -- the tenant's first owner, else its oldest account
      select a.id from accounts a
      left join role_grants g on g.tenant_id = p_tenant and g.account_id = a.id and g.role = 'owner'
      where a.tenant_id = p_tenant and a.disabled_at is null and a.kind = 'person' and exists (select from asked where is_role)
      order by g.granted_at nulls last, a.id limit 1
    ), node(account_id, group_id) as (
      select r.account_id, r.group_id from root r where num_nonnulls(r.account_id, r.group_id) = 1
      union
      select k.id, null::uuid from keeper k
      union
      select e.account_id, e.group_id from node n cross join lateral (
        select m.account_id, m.child_id as group_id from mail_group_members m
          where m.tenant_id = p_tenant and m.group_id = n.group_id and m.written is null
        union all
        select t.target_account_id, t.target_group_id from forward_targets t
          where t.tenant_id = p_tenant and t.account_id = n.account_id and t.written is null
      ) e
    )
    select json_build_object(
      'roots', (select json_agg(json_build_object('account', account_id, 'group', group_id, 'written', written,
          'isCaught', coalesce(is_caught, false)) order by n) from root),
      'accounts', (select json_agg(json_build_object('id', a.id, 'address', a.address, 'quotaBytes', a.quota_bytes,
          'usedBytes', a.used_bytes, 'disabled', a.disabled_at is not null, 'keepCopy', f.keep_copy,
          'targets', case when f.account_id is not null then (
            select json_agg(json_build_object('account', t.target_account_id, 'group', t.target_group_id, 'written', t.written))
            from forward_targets t where t.tenant_id = p_tenant and t.account_id = a.id) end))
        from node n
        cross join lateral (select * from accounts a where a.tenant_id = p_tenant and a.id = n.account_id offset 0) a
        left join lateral (select * from forwards f where f.tenant_id = p_tenant and f.account_id = a.id offset 0) f on true),
      'groups', (select json_agg(json_build_object('id', g.id, 'address', g.address, 'senders', g.senders, 'members', (
          select json_agg(json_build_object('account', m.account_id, 'group', m.child_id, 'written', m.written, 'address',
            case when m.written is not null then m.address end))
          from mail_group_members m where m.tenant_id = p_tenant and m.group_id = g.id)))
        from node n
        cross join lateral (select * from mail_groups g where g.tenant_id = p_tenant and g.id = n.group_id offset 0) g),
      'keeper', (select id from keeper),
      'sender', case when exists (select from node where group_id is not null) then (
        select json_build_object('account', d.account_id, 'group', d.group_id)
        from addresses d where d.tenant_id = p_tenant and d.address = any (p_senders) limit 1) end
    ));
end $$;

-- Most addresses lead to one mailbox that forwards nothing: two look-ups by key. Null when one of them is anything else.
create function find_plain_routes(p_tenant uuid, p_asked text[], p_plain text[])
returns json language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
  v_account uuid;
  v_group uuid;
  v_route record;
  v_roots json[] := '{}';
  v_accounts json[] := '{}';
begin
  for i in 1 .. cardinality(p_asked) loop
    if p_plain[i] ~ '^(postmaster|abuse)@' then return null; end if;
    select d.account_id, d.group_id into v_account, v_group from addresses d
      where d.tenant_id = p_tenant and d.address = p_asked[i];
    if not found and p_plain[i] <> p_asked[i] then
      select d.account_id, d.group_id into v_account, v_group from addresses d
        where d.tenant_id = p_tenant and d.address = p_plain[i];
    end if;
    if v_account is null or v_group is not null then return null; end if;
    select a.address, a.quota_bytes, a.used_bytes, a.disabled_at is not null as disabled into v_route from accounts a
      where a.tenant_id = p_tenant and a.id = v_account;
    if not found then return null; end if;
    perform 1 from forwards f where f.tenant_id = p_tenant and f.account_id = v_account;
    if found then return null; end if;
    v_roots := v_roots || json_build_object('account', v_account, 'group', null, 'written', null, 'isCaught', false);
    v_accounts := v_accounts || json_build_object('id', v_account, 'address', v_route.address, 'quotaBytes', v_route.quota_bytes,
      'usedBytes', v_route.used_bytes, 'disabled', v_route.disabled, 'keepCopy', null, 'targets', null);
  end loop;
  return json_build_object('roots', array_to_json(v_roots), 'accounts', array_to_json(v_accounts),
    'groups', null, 'keeper', null, 'sender', null);
end $$;

create function find_routes(p_tenant uuid, p_asked text[], p_plain text[], p_domains text[], p_senders text[])
returns json language sql stable as $$
  select coalesce(find_plain_routes(p_tenant, p_asked, p_plain),
    find_route_graph(p_tenant, p_asked, p_plain, p_domains, p_senders))
$$;
