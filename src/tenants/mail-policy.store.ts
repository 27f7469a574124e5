import { MailPolicy, type MailPolicyInput } from "../contract/mail-policy.ts";
import type { TenantTx } from "../db/index.ts";

/** The tenant's policy with all defaults filled in. */
export async function readMailPolicy(tx: TenantTx): Promise<MailPolicy> {
  const [row] = await tx<
    { policy: unknown }[]
  >`select policy from mail_policies where tenant_id = ${tx.tenantId}`;
  // A newer release may have stored what this one does not know: mail goes on under the defaults.
  const parsed = MailPolicy.safeParse(row?.policy ?? {});
  return parsed.success ? parsed.data : MailPolicy.parse({});
}

/** @param policy only what differs from the defaults */
export async function upsertMailPolicy(tx: TenantTx, policy: MailPolicyInput): Promise<void> {
  await tx`insert into mail_policies (tenant_id, policy) values (${tx.tenantId}, ${tx.json(policy)})
    on conflict (tenant_id) do update set policy = excluded.policy, changed_at = now()`;
}
