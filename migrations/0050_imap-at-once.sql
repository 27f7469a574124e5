-- What IMAP sessions do most often, each in one round trip and with a plan that is made once: a session would else plan each
-- statement five times on each connection, and some of them each time (0.6 ms of 0.8 for what has happened in a mailbox).

-- What a change makes of flags, and of keywords, which are sorted.
create function changed_flags(p_had smallint, p_op text, p_flags smallint, p_within smallint) returns smallint
language sql immutable as $$
  select case p_op when 'add' then p_had | p_flags when 'remove' then p_had & ~p_flags else (p_had & ~p_within) | p_flags end;
$$;
create function changed_keywords(p_had text[], p_op text, p_keywords text[], p_within boolean) returns text[]
language sql immutable as $$
  select case when p_op = 'replace' then case when p_within then p_keywords else p_had end
    when p_keywords = '{}' then p_had
    when p_op = 'add' then array(select w from unnest(p_had) w union select w from unnest(p_keywords) w order by w)
    else array(select w from unnest(p_had) w except select w from unnest(p_keywords) w order by w) end;
$$;

-- Changes flags of the messages from one UID to another. As with each change of an account, its counter is moved on first, and the
-- account stays locked. `was` is what the counter of a message was before.
create function store_flags(
  p_tenant uuid, p_account uuid, p_mailbox uuid, p_from bigint, p_to bigint, p_op text, p_flags smallint, p_keywords text[],
  p_within smallint, p_within_keywords boolean
) returns table (
  mailbox_id uuid, uid bigint, email_id uuid, message_id uuid, thread_id uuid, flags smallint, keywords text[], size bigint,
  received_at timestamptz, saved_at timestamptz, modseq bigint, was bigint
) language plpgsql
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_modseq bigint;
begin
  update accounts a set modseq = a.modseq + 1 where a.tenant_id = p_tenant and a.id = p_account returning a.modseq into v_modseq;
  if not found then return; end if;
  return query
    with changed as (
      update placements p set flags = changed_flags(p.flags, p_op, p_flags, p_within),
        keywords = changed_keywords(p.keywords, p_op, p_keywords, p_within_keywords), modseq = v_modseq
      where p.tenant_id = p_tenant and p.account_id = p_account and p.mailbox_id = p_mailbox and p.uid between p_from and p_to
        and (p.flags <> changed_flags(p.flags, p_op, p_flags, p_within)
          or p.keywords <> changed_keywords(p.keywords, p_op, p_keywords, p_within_keywords))
      returning p.*, old.flags as had, old.modseq as was
    ), counted as (
      update mailboxes m set unseen = m.unseen + d.delta, content_modseq = v_modseq
      from (select sum((c.had & 1) - (c.flags & 1)) as delta from changed c having count(*) > 0) d
      where m.tenant_id = p_tenant and m.id = p_mailbox
    )
    select c.mailbox_id, c.uid, c.email_id, c.message_id, c.thread_id, c.flags, c.keywords, c.size, c.received_at, c.saved_at,
      c.modseq, c.was from changed c order by c.uid;
end $$;

-- UIDs as octets, four each.
create function packed_uid(p_uid bigint) returns bytea language sql immutable as $$
  select int4send((p_uid - case when p_uid > 2147483647 then 4294967296 else 0 end)::int);
$$;

-- What happened in a mailbox since a counter, of one moment; nothing when the account has not changed.
create function mailbox_news(
  p_tenant uuid, p_account uuid, p_mailbox uuid, p_since bigint, p_last_uid bigint, p_limit integer, p_claim boolean
) returns table (
  modseq bigint, content_modseq bigint, added bytea, expunged bytea, changed json, claimed bigint[]
) language plpgsql
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  -- Materialized, without the mailbox: by the counter there is one good index, whatever the planner makes of "greater than".
  return query
    select n.*, case when p_claim and n.added is not null then claim_recent(p_tenant, p_account, p_mailbox) end
    from (
      select a.modseq,
        (select m.content_modseq from mailboxes m where m.tenant_id = p_tenant and m.id = p_mailbox) as content_modseq,
        (select string_agg(packed_uid(p.uid), ''::bytea order by p.uid) from placements p
          where p.tenant_id = p_tenant and p.mailbox_id = p_mailbox and p.uid > p_last_uid) as added,
        (with e as materialized (select e.mailbox_id, e.uid from expunged e
            where e.tenant_id = p_tenant and e.account_id = p_account and e.modseq > p_since)
          select string_agg(packed_uid(e.uid), ''::bytea order by e.uid) from e
          where e.mailbox_id = p_mailbox and e.uid <= p_last_uid) as expunged,
        (with p as materialized (select * from placements p
            where p.tenant_id = p_tenant and p.account_id = p_account and p.modseq > p_since)
          select json_agg(c order by c.uid) from (
            select p.mailbox_id as "mailboxId", p.uid, p.email_id as "emailId", p.message_id as "messageId",
              p.thread_id as "threadId", p.flags as bits, p.keywords, p.size,
              (extract(epoch from p.received_at) * 1000)::bigint as "receivedAt",
              (extract(epoch from p.saved_at) * 1000)::bigint as "savedAt", p.modseq
            from p where p.mailbox_id = p_mailbox and p.uid <= p_last_uid order by p.uid limit p_limit) c) as changed
      from accounts a where a.tenant_id = p_tenant and a.id = p_account and a.modseq > p_since offset 0) n;
end $$;

-- Filters up to this size stand in their rows: a search of a mailbox looks into each of them, and finding one in a table of its own
-- costs three times as much as asking it.
alter table search_filters set (toast_tuple_target = 8160);
