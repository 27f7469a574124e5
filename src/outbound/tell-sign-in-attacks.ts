import type { TenantId } from "../kernel/id.ts";
import { listAttackedTenants, listUntoldAttacks, markAttackTold } from "../tenants/index.ts";
import { raiseAlert } from "./alerts.ts";
import type { Outbound } from "./outbound.ts";

const startOfDay = (ms: number): number => ms - (ms % 86_400_000);

/** Tells the administrators of the agencies where somebody tries passwords, once a day for each account and each place. The alert is
 * raised once, and what has been told of is marked after it, so a process that dies in between only looks again.
 * @returns how many were told of @throws {MailError} unavailable */
export async function tellSignInAttacks(outbound: Outbound, stopping: AbortSignal): Promise<number> {
  const { db } = outbound.store;
  let told = 0;
  for (const tenantId of await db.system("sign-in attacks: whom to tell", listAttackedTenants)) {
    if (stopping.aborted) break;
    told += await tellTenant(outbound, tenantId);
  }
  return told;
}

async function tellTenant(outbound: Outbound, tenantId: TenantId): Promise<number> {
  const { db, clock } = outbound.store;
  const attacks = await db.tenant(tenantId, listUntoldAttacks);
  for (const attack of attacks) {
    const { subject, at } = attack;
    const since = `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
    const detail = { ...attack.detail, since };
    const windowStart = startOfDay(at);
    await raiseAlert(outbound, tenantId, { kind: "sign_in_attack", subject, windowStart, detail, at });
    await db.tenant(tenantId, (tx) => markAttackTold(tx, attack, clock()));
  }
  return attacks.length;
}
