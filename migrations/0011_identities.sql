-- What a person has set for one of their sender addresses. An address without a row is an identity all the same, with nothing set.
create table identities (
  tenant_id uuid not null,
  account_id uuid not null,
  address text not null,
  -- null: the account's name
  name text check (length(name) <= 200),
  reply_to json,
  bcc json,
  text_signature text not null default '' check (length(text_signature) <= 20000),
  html_signature text not null default '' check (length(html_signature) <= 100000),
  primary key (tenant_id, account_id, address),
  foreign key (tenant_id, address) references addresses (tenant_id, address) on delete cascade
);
alter table identities enable row level security;
alter table identities force row level security;
create policy tenant on identities to angelia_app using (tenant_id = app_tenant());
grant select, insert, update, delete on identities to angelia_app;
