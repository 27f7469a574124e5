import { SecurityPolicy } from "../contract/security.ts";
import type { TenantTx } from "../db/index.ts";

const DEFAULTS: SecurityPolicy = SecurityPolicy.parse({});

export async function readSecurityPolicy(tx: TenantTx): Promise<SecurityPolicy> {
  const [row] = await tx<SecurityPolicy[]>`
    select session_days as "sessionDays", password_min_length as "passwordMinLength", app_passwords as "appPasswords"
    from security_policies where tenant_id = ${tx.tenantId}`;
  return row ?? DEFAULTS;
}

/** Sets what is demanded; sessions that are open end when they would have under it. */
export async function upsertSecurityPolicy(tx: TenantTx, policy: SecurityPolicy): Promise<void> {
  const { sessionDays, passwordMinLength, appPasswords } = policy;
  await tx`
    insert into security_policies (tenant_id, session_days, password_min_length, app_passwords)
    values (${tx.tenantId}, ${sessionDays}, ${passwordMinLength}, ${appPasswords})
    on conflict (tenant_id) do update set session_days = excluded.session_days, changed_at = now(),
      password_min_length = excluded.password_min_length, app_passwords = excluded.app_passwords`;
  await tx`
    update web_sessions set expires_at = created_at + make_interval(days => ${sessionDays}::int)
    where tenant_id = ${tx.tenantId} and expires_at > created_at + make_interval(days => ${sessionDays}::int)`;
}
