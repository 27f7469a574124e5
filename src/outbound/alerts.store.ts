import type { AlertKind } from "../contract/sending-limits.ts";
import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";

/** Something that administrators have to know. */
export interface NewAlert {
  readonly kind: AlertKind;
  /** an address, or "" for the tenant */
  readonly subject: string;
  /** It is raised once for each of these moments; milliseconds since the epoch. */
  readonly windowStart: number;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
  readonly at: number;
}

const at = (ms: number): string => new Date(ms).toISOString();

/** @returns false: it has been raised before */
export async function insertAlert(tx: TenantTx, alert: NewAlert): Promise<boolean> {
  const [row] = await tx`
    insert into alerts (tenant_id, kind, subject, window_start, detail, at)
    values (${tx.tenantId}, ${alert.kind}, ${alert.subject}, ${at(alert.windowStart)}, ${tx.json(alert.detail)}, ${at(alert.at)})
    on conflict on constraint alerts_once do nothing returning 1`;
  return row !== undefined;
}

/** Whether an alert was raised before, and whom it is for: the owners and administrators. */
export async function readAlertAudience(
  tx: TenantTx,
  alert: NewAlert,
): Promise<{ readonly isRaised: boolean; readonly admins: readonly { id: AccountId; locale: string }[] }> {
  const [row] = await tx<{ isRaised: boolean; admins: { id: AccountId; locale: string }[] }[]>`
    select exists (select from alerts where tenant_id = ${tx.tenantId} and kind = ${alert.kind} and subject = ${alert.subject}
        and window_start = ${at(alert.windowStart)}) as "isRaised",
      (select coalesce(json_agg(distinct jsonb_build_object('id', a.id, 'locale', a.locale)), '[]') from role_grants g
        join accounts a on a.tenant_id = g.tenant_id and a.id = g.account_id
        where g.tenant_id = ${tx.tenantId} and g.role in ('owner', 'admin') and a.disabled_at is null
          and not exists (select from notice_settings n where n.tenant_id = ${tx.tenantId}
            and not case when ${alert.kind} = 'incident' then n.incident_mails else n.alert_mails end)) as admins`;
  return row ?? { isRaised: false, admins: [] };
}

/** Times are milliseconds since the epoch. */
export interface StoredAlert extends Omit<NewAlert, "windowStart"> {
  readonly id: string;
  readonly seen: boolean;
}

/** The latest first. @param before the last one of the page before */
export async function listAlerts(
  tx: TenantTx,
  limit: number,
  before?: Pick<StoredAlert, "at" | "id">,
): Promise<StoredAlert[]> {
  return tx<StoredAlert[]>`
    select id, kind, subject, detail, (extract(epoch from at) * 1000)::bigint as at, seen_at is not null as seen
    from alerts where tenant_id = ${tx.tenantId} ${before === undefined ? tx`` : tx`and (at, id) < (${at(before.at)}, ${before.id})`}
    order by at desc, id desc limit ${limit}`;
}

/** @returns false: there is no such alert */
export async function markAlertSeen(tx: TenantTx, id: string, now: number): Promise<boolean> {
  const [row] = await tx`
    update alerts set seen_at = coalesce(seen_at, ${at(now)}) where tenant_id = ${tx.tenantId} and id = ${id} returning 1`;
  return row !== undefined;
}
