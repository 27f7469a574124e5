-- What is true of the whole installation: one row. No tenant's data, so no row-level security.
-- master_key_mark tells a wrong master key before it does harm; the key can't be computed from it.
create table installation (
  one boolean primary key default true check (one),
  master_key_mark text not null,
  created_at timestamptz not null default now()
);
grant select on installation to angelia_app;
