import type { TenantTx } from "../db/index.ts";

export interface AuditEntry {
  /** an address, or `operator` */
  readonly actor: string;
  /** a noun and a verb: `user.add` */
  readonly action: string;
  readonly subject: string;
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

/** Written in the transaction of what it tells, so that there is never one without the other. */
export async function insertAudit(tx: TenantTx, entry: AuditEntry): Promise<void> {
  await tx`insert into audit_log (tenant_id, actor, action, subject, detail)
    values (${tx.tenantId}, ${entry.actor}, ${entry.action}, ${entry.subject}, ${tx.json(entry.detail ?? {})})`;
}
