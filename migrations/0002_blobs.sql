-- Raw bytes, immutable, encrypted: one random key per blob, wrapped under the tenant's key.
create table blobs (
  tenant_id uuid not null,
  id uuid not null,
  -- HMAC-SHA-256 under a key of the tenant: equal content is stored once within a tenant, and tells nothing outside of it.
  digest bytea not null,
  size bigint not null check (size >= 0),
  -- null: the bytes are in hot_blobs; else the name of an object in the store
  object_key text,
  primary key (tenant_id, id)
);
create unique index blobs_digest on blobs (tenant_id, digest);
alter table blobs enable row level security;
alter table blobs force row level security;
create policy tenant on blobs to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on blobs to angelia_app;

-- Deleting this row destroys the content everywhere at once, backups and write-once storage included.
create table blob_keys (
  tenant_id uuid not null,
  blob_id uuid not null,
  tenant_key_id uuid not null,
  wrapped_key bytea not null,
  primary key (tenant_id, blob_id)
);
alter table blob_keys enable row level security;
alter table blob_keys force row level security;
create policy tenant on blob_keys to angelia_app using (tenant_id = app_tenant());
grant select, insert on blob_keys to angelia_app;

-- A blob of up to 8 KB is one row in one page; by PostgreSQL's default it would be cut into three.
-- The bytes of small blobs, until an archiver packs them into large objects and drops the partition.
-- A blob id is a UUIDv7, so ranges of ids are ranges of time, and a look-up by id reads one partition.
create table hot_blobs (
  tenant_id uuid not null,
  blob_id uuid not null,
  bytes bytea not null,
  primary key (tenant_id, blob_id)
) partition by range (blob_id);
-- Ciphertext doesn't compress: don't try.
alter table hot_blobs alter column bytes set storage external;
alter table hot_blobs enable row level security;
alter table hot_blobs force row level security;
create policy tenant on hot_blobs to angelia_app using (tenant_id = app_tenant());
grant select, insert on hot_blobs to angelia_app;

create function uuidv7_floor(at timestamptz) returns uuid language sql immutable
  as $$ select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid $$;

-- Makes the partitions of this month and the next two. Called at the start and by a daily job; harmless when run twice.
create function make_hot_blob_partitions() returns void language plpgsql security definer set search_path = public as $$
declare
  month timestamptz := date_trunc('month', now() at time zone 'utc') at time zone 'utc';
  part text;
begin
  perform pg_advisory_xact_lock(hashtext('make_hot_blob_partitions'));
  for i in 0..2 loop
    part := 'hot_blobs_' || to_char(month at time zone 'utc', 'YYYYMM');
    if to_regclass(part) is null then
      execute format('create table %I partition of hot_blobs for values from (%L) to (%L) with (toast_tuple_target = 8160)',
        part, uuidv7_floor(month), uuidv7_floor(((month at time zone 'utc') + interval '1 month') at time zone 'utc'));
      execute format('alter table %I alter column bytes set storage external', part);
      execute format('alter table %I enable row level security', part);
      execute format('alter table %I force row level security', part);
      execute format('create policy tenant on %I to angelia_app using (tenant_id = app_tenant())', part);
    end if;
    month := ((month at time zone 'utc') + interval '1 month') at time zone 'utc';
  end loop;
end $$;
revoke all on function make_hot_blob_partitions() from public;
grant execute on function make_hot_blob_partitions() to angelia_system;
-- A clock that runs wild must not stop mail.
create table hot_blobs_other partition of hot_blobs default with (toast_tuple_target = 8160);
alter table hot_blobs_other alter column bytes set storage external;
alter table hot_blobs_other enable row level security;
alter table hot_blobs_other force row level security;
create policy tenant on hot_blobs_other to angelia_app using (tenant_id = app_tenant());
select make_hot_blob_partitions();

-- What a client uploaded and has not used yet.
create table uploads (
  tenant_id uuid not null,
  account_id uuid not null,
  id uuid not null,
  blob_id uuid not null,
  type text not null,
  size bigint not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, account_id, id)
);
alter table uploads enable row level security;
alter table uploads force row level security;
create policy tenant on uploads to angelia_app using (tenant_id = app_tenant());
grant select, insert, delete on uploads to angelia_app;
