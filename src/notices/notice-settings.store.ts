import type { NoticeSettings } from "../contract/notices.ts";
import type { TenantTx } from "../db/index.ts";

/** What nobody has set is on. */
export async function readNoticeSettings(tx: TenantTx): Promise<NoticeSettings> {
  const [row] = await tx<NoticeSettings[]>`
    select alert_mails as "alertMails", incident_mails as "incidentMails" from notice_settings where tenant_id = ${tx.tenantId}`;
  return row ?? { alertMails: true, incidentMails: true };
}

export async function upsertNoticeSettings(tx: TenantTx, settings: NoticeSettings): Promise<void> {
  await tx`insert into notice_settings (tenant_id, alert_mails, incident_mails)
    values (${tx.tenantId}, ${settings.alertMails}, ${settings.incidentMails})
    on conflict (tenant_id) do update set alert_mails = excluded.alert_mails, incident_mails = excluded.incident_mails`;
}
