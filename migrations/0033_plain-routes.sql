-- The way through groups and forwards is planned once for all tenants, with no idea of how large each of them is: never by reading
-- a whole table of accounts, which is what the planner chose for an agency of 3,000.
alter function find_routes(uuid, text[], text[], text[], text[]) rename to find_route_graph;
alter function find_route_graph(uuid, text[], text[], text[], text[]) set enable_hashjoin = off;
alter function find_route_graph(uuid, text[], text[], text[], text[]) set enable_mergejoin = off;
alter function find_route_graph(uuid, text[], text[], text[], text[]) set enable_seqscan = off;

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
