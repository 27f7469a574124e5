-- What is of no use any more is forgotten, for all tenants at once: failures of addresses that did not come again, and the ids of
-- messages whose files are long gone from the relays.
create index recipient_failures_last on recipient_failures (last_at);
create policy system on recipient_failures to angelia_system using (true);
grant select (tenant_id, address, last_at), delete on recipient_failures to angelia_system;

create index spooled_messages_filed on spooled_messages (filed_at);
create policy system on spooled_messages to angelia_system using (true);
grant select (tenant_id, id, filed_at), delete on spooled_messages to angelia_system;
