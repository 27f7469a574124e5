-- Senders that nobody knows are asked to come again: who came once does it, who only tries does not.

-- One (sender network, sender, recipient), as a hash: nobody learns from here who writes to whom.
create table greylist_triples (
  tenant_id uuid not null,
  key bytea not null check (octet_length(key) = 16),
  first_at timestamptz not null,
  last_at timestamptz not null,
  -- it came again after the wait
  passed boolean not null,
  primary key (tenant_id, key)
);
create index greylist_triples_passed on greylist_triples (last_at) where passed;
create index greylist_triples_waiting on greylist_triples (last_at) where not passed;
alter table greylist_triples enable row level security;
alter table greylist_triples force row level security;
create policy tenant on greylist_triples to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on greylist_triples to angelia_app;
create policy system on greylist_triples to angelia_system using (true);
grant select (tenant_id, key, last_at, passed), delete on greylist_triples to angelia_system;

-- How often a network came again: after a few times it is a mail server that does so always.
create table greylist_networks (
  tenant_id uuid not null,
  -- 192.0.2.0/24, or a /64 of IPv6
  network text not null,
  passes integer not null,
  last_at timestamptz not null,
  primary key (tenant_id, network)
);
create index greylist_networks_last on greylist_networks (last_at);
alter table greylist_networks enable row level security;
alter table greylist_networks force row level security;
create policy tenant on greylist_networks to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on greylist_networks to angelia_app;
create policy system on greylist_networks to angelia_system using (true);
grant select (tenant_id, network, last_at), delete on greylist_networks to angelia_system;

-- Has somebody of this agency written to that address?
create index outbound_recipients_address on outbound_recipients (tenant_id, address);

-- All recipients of one go in one round trip. Gives one row: `known` (nobody waits), or in `waits` how many seconds each key still waits
-- that does, by its hexadecimal form. A first attempt is written down; one after the wait, and before it is forgotten, passes for good.
create function greylist(
  tenant uuid, client_network text, senders text[], keys bytea[], moment timestamptz,
  wait interval, forget interval, keep interval, passes_enough integer
) returns table (known boolean, waits jsonb) language plpgsql as $$
declare
  came_again integer;
begin
  if exists (select 1 from greylist_networks n where n.tenant_id = tenant and n.network = client_network
               and n.passes >= passes_enough and n.last_at > moment - keep)
     or exists (select 1 from outbound_recipients r where r.tenant_id = tenant and r.address = any (senders)) then
    return query select true, '{}'::jsonb;
    return;
  end if;
  update greylist_triples t set passed = true, last_at = moment
    where t.tenant_id = tenant and t.key = any (keys) and not t.passed
      and t.first_at <= moment - wait and t.first_at > moment - forget;
  get diagnostics came_again = row_count;
  if came_again > 0 then
    insert into greylist_networks as n (tenant_id, network, passes, last_at) values (tenant, client_network, 1, moment)
      on conflict (tenant_id, network) do update set last_at = moment,
        passes = case when n.last_at > moment - keep then n.passes + 1 else 1 end;
  end if;
  -- In use: it is kept from now on again. To write that down once a day is enough.
  update greylist_triples t set last_at = moment
    where t.tenant_id = tenant and t.key = any (keys) and t.passed
      and t.last_at <= moment - interval '1 day' and t.last_at > moment - keep;
  -- New, or so old that it counts as new.
  insert into greylist_triples as t (tenant_id, key, first_at, last_at, passed)
    select tenant, k, moment, moment, false from unnest(keys) k
      where not exists (select 1 from greylist_triples o where o.tenant_id = tenant and o.key = k
        and case when o.passed then o.last_at > moment - keep else o.first_at > moment - forget end)
      order by k
    on conflict (tenant_id, key) do update set first_at = moment, last_at = moment, passed = false
      where case when t.passed then t.last_at <= moment - keep else t.first_at <= moment - forget end;
  return query select false, coalesce(
      jsonb_object_agg(encode(t.key, 'hex'), ceil(extract(epoch from t.first_at + wait - moment))), '{}'::jsonb)
    from greylist_triples t where t.tenant_id = tenant and t.key = any (keys) and not t.passed;
end $$;
