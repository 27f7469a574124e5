-- How an agency's pages look.
create table brandings (
  tenant_id uuid primary key references tenants (id),
  colour text check (colour ~ '^#[0-9a-f]{6}$'),
  greeting text not null default '' check (length(greeting) <= 300),
  help_text text not null default '' check (length(help_text) <= 300),
  logo bytea check (octet_length(logo) <= 65536),
  logo_type text,
  -- part of the address of the logo, so that browsers may keep it
  logo_mark text,
  check (num_nulls(logo, logo_type, logo_mark) in (0, 3))
);
alter table brandings enable row level security;
alter table brandings force row level security;
create policy tenant on brandings to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on brandings to angelia_app;

-- What an agency has said of the list of its first steps; how far it is is seen from what exists.
create table onboardings (
  tenant_id uuid primary key references tenants (id),
  skipped text[] not null default '{}',
  dismissed boolean not null default false
);
alter table onboardings enable row level security;
alter table onboardings force row level security;
create policy tenant on onboardings to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on onboardings to angelia_app;
