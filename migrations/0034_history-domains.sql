-- Searching the history for a whole domain read all of it. The two indexes for addresses begin with the domain now, so they serve both, and
-- a delivery writes as many index entries as before. Columns of their own, since row-level security lets no index be used through a
-- function that is not leakproof.
alter table history
  add column sender_domain text collate "C" generated always as (case when direction is not null then split_part(sender, '@', -1) end) stored,
  add column recipient_domain text collate "C" generated always as (case when direction is not null then split_part(recipient, '@', -1) end) stored;
drop index history_recipient;
drop index history_sender;
create index history_recipient on history (tenant_id, recipient_domain, recipient, trace_id) where direction is not null;
create index history_sender on history (tenant_id, sender_domain, sender, trace_id) where direction is not null;
