-- What changed is compared for the sessions of all tenants at once, every half minute: by the counters alone.
create policy system on accounts for select to angelia_system using (true);
grant select (tenant_id, id, modseq) on accounts to angelia_system;
