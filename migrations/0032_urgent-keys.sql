-- A signing key that takes over at once, because the one before it may be in other hands: it does not wait, and the one before it is
-- revoked in the moment when this one signs.
alter table dkim_keys add column urgent boolean not null default false;
create index dkim_keys_urgent on dkim_keys (tenant_id, domain) where urgent;
grant select (urgent) on dkim_keys to angelia_system;
