-- How mail leaves: which protection a message asks for, from which of our addresses it goes, and what is known of the others' TLS.

alter table submissions
  -- RFC 8689: REQUIRETLS was asked for; and "TLS-Required: No" stands in the header
  add column require_tls boolean not null default false,
  add column tls_optional boolean not null default false,
  -- src/outbound/egress-pool.ts
  add column pool text not null default 'main';

-- A lease is fair to all tenants: the rows of each come in their own order. The domain says what can share a connection.
create index outbound_queue_tenant_due on outbound_queue (tenant_id, due_at);
grant select (domain) on outbound_queue to angelia_system;

-- MTA-STS policies of others (RFC 8461), kept until they run out: public facts, no tenant's.
create table mta_sts_policies (
  domain text primary key,
  -- of the TXT record that announced it
  policy_id text not null,
  mode text not null check (mode in ('enforce', 'testing', 'none')),
  mx text[] not null,
  max_age integer not null,
  fetched_at timestamptz not null,
  expires_at timestamptz not null
);
create index mta_sts_policies_expiry on mta_sts_policies (expires_at);
alter table mta_sts_policies enable row level security;
alter table mta_sts_policies force row level security;
create policy system on mta_sts_policies to angelia_system using (true);
grant select, insert, update, delete on mta_sts_policies to angelia_system;

-- What came of TLS with others, for the reports that RFC 8460 asks for. Counted over all tenants: no row says whose mail it was.
create table tls_results (
  -- UTC
  day date not null,
  policy_domain text not null,
  policy_type text not null check (policy_type in ('tlsa', 'sts', 'no-policy-found')),
  -- lines of the policy as RFC 8460 §4.4 wants them, in JSON; '[]' without one
  policy_string text not null,
  -- names of hosts in the policy, in JSON
  mx_patterns text not null,
  -- where it was sent; '' when it did not come to that
  mx_host text not null,
  mx_ip text not null,
  -- '' when the system chooses
  sending_ip text not null,
  -- 'success', or a failure type of RFC 8460 §4.3
  result_type text not null,
  reason text not null,
  count bigint not null,
  primary key (day, policy_domain, policy_type, policy_string, mx_patterns, mx_host, mx_ip, sending_ip, result_type, reason)
);
alter table tls_results enable row level security;
alter table tls_results force row level security;
create policy system on tls_results to angelia_system using (true);
grant select, insert, update, delete on tls_results to angelia_system;
