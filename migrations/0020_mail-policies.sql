-- What an agency wants done with incoming mail. A tenant without a row has the defaults (src/contract/mail-policy.ts).
create table mail_policies (
  tenant_id uuid primary key references tenants (id),
  -- only what differs from the defaults
  policy jsonb not null,
  changed_at timestamptz not null default now()
);
alter table mail_policies enable row level security;
alter table mail_policies force row level security;
create policy tenant on mail_policies to angelia_app using (tenant_id = app_tenant());
grant select, insert, update on mail_policies to angelia_app;
