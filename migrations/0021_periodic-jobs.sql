-- Work that comes again and again: digests, reports, rotation. One row a job, for the whole installation; whoever leases the row
-- when it is due runs it. A process that dies lets the lease run out, so every job may run twice.
create table periodic_jobs (
  name text primary key,
  due_at timestamptz not null,
  lease uuid,
  last_begun_at timestamptz,
  last_ended_at timestamptz,
  last_error text
);
alter table periodic_jobs enable row level security;
alter table periodic_jobs force row level security;
create policy system on periodic_jobs to angelia_system using (true);
grant select, insert, update on periodic_jobs to angelia_system;
