-- The way through groups and forwards is planned once for all tenants, with no idea of how large each of them is. So each step is a
-- look-up by key, in the order in which it stands ("offset 0" keeps it): joined otherwise, the planner read all accounts of the tenant
-- for one address, or compared each with each of a group's members.
drop function find_routes(uuid, text[], text[], text[], text[]);
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
