import type { CutoverMode, CutoverRecord, CutoverState } from "../contract/cutover.ts";
import type { SystemTx, TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";

/** The move of a domain, as it stands. Times are milliseconds since the epoch. */
export interface StoredCutover {
  readonly domain: string;
  readonly state: CutoverState;
  readonly mode: CutoverMode;
  readonly oldServer: string | null;
  readonly oldAddresses: readonly string[];
  readonly returnDomain: string;
  readonly plannedSpf: string | null;
  readonly plannedAt: number;
  readonly shadowAt: number | null;
  readonly switchedAt: number | null;
  readonly doneAt: number | null;
  readonly backAt: number | null;
  readonly rollbackUntil: number | null;
  readonly remindedAt: number | null;
  readonly before: readonly CutoverRecord[];
  readonly now: readonly CutoverRecord[];
  readonly lookedAt: number | null;
  readonly report: CutoverCounts | null;
  readonly reportMadeAt: number | null;
}

/** What a report is about. */
export interface CutoverCounts {
  readonly senders: number;
  readonly failing: number;
  readonly messages: number;
  readonly reports: number;
  readonly samples: number;
}

const at = (ms: number): string => new Date(ms).toISOString();
const maybe = (ms: number | null): string | null => (ms === null ? null : at(ms));
const json = (value: unknown): ReturnType<typeof JSON.parse> => JSON.parse(JSON.stringify(value));

const columns = (tx: TenantTx) => tx`
  domain, state, mode, old_server as "oldServer", old_addresses as "oldAddresses", return_domain as "returnDomain",
  planned_spf as "plannedSpf", before_records as before, now_records as now, report,
  (extract(epoch from planned_at) * 1000)::float8 as "plannedAt", (extract(epoch from shadow_at) * 1000)::float8 as "shadowAt",
  (extract(epoch from switched_at) * 1000)::float8 as "switchedAt", (extract(epoch from done_at) * 1000)::float8 as "doneAt",
  (extract(epoch from back_at) * 1000)::float8 as "backAt", (extract(epoch from rollback_until) * 1000)::float8 as "rollbackUntil",
  (extract(epoch from reminded_at) * 1000)::float8 as "remindedAt", (extract(epoch from looked_at) * 1000)::float8 as "lookedAt",
  (extract(epoch from report_made_at) * 1000)::float8 as "reportMadeAt"`;

/** A domain of the tenant, and where its addresses are that it has from us.
 * @throws {MailError} domain_unknown */
export async function readMovingDomain(
  tx: TenantTx,
  domain: string,
  hosted: string,
): Promise<{ readonly proven: boolean; readonly returnDomain: string | null }> {
  const [row] = await tx<{ proven: boolean; returnDomain: string | null }[]>`
    select d.proven_at is not null as proven, (select h.name from domains h where h.tenant_id = d.tenant_id and h.proven_at is not null
      and h.name <> d.name and h.name like ${`%.${hosted}`} order by h.created_at, h.name limit 1) as "returnDomain"
    from domains d where d.tenant_id = ${tx.tenantId} and d.name = ${domain}`;
  if (row === undefined) throw new MailError("domain_unknown", { domain });
  return row;
}

/** Locked against other changes when it is to be changed. */
export async function readCutover(
  tx: TenantTx,
  domain: string,
  lock = false,
): Promise<StoredCutover | undefined> {
  const [row] = await tx<StoredCutover[]>`
    select ${columns(tx)} from domain_cutovers where tenant_id = ${tx.tenantId} and domain = ${domain}
    ${lock ? tx`for update` : tx``}`;
  return row;
}

/** Writes the state whole; the next look and the next report are due at once. @param now milliseconds since the epoch */
export async function saveCutover(tx: TenantTx, one: StoredCutover, now: number): Promise<void> {
  await tx`
    insert into domain_cutovers as c (tenant_id, domain, state, mode, old_server, old_addresses, return_domain, planned_spf, planned_at,
      shadow_at, switched_at, done_at, back_at, rollback_until, reminded_at, before_records, now_records, looked_at, look_wanted_at,
      report_wanted_at)
    values (${tx.tenantId}, ${one.domain}, ${one.state}, ${one.mode}, ${one.oldServer}, ${[...one.oldAddresses]}::text[],
      ${one.returnDomain}, ${one.plannedSpf}, ${at(one.plannedAt)}, ${maybe(one.shadowAt)}, ${maybe(one.switchedAt)},
      ${maybe(one.doneAt)}, ${maybe(one.backAt)}, ${maybe(one.rollbackUntil)}, ${maybe(one.remindedAt)}, ${tx.json(json(one.before))},
      ${tx.json(json(one.now))}, ${maybe(one.lookedAt)}, ${at(now)}, ${at(now)})
    on conflict (tenant_id, domain) do update set state = excluded.state, mode = excluded.mode, old_server = excluded.old_server,
      old_addresses = excluded.old_addresses, return_domain = excluded.return_domain, planned_spf = excluded.planned_spf,
      planned_at = excluded.planned_at, shadow_at = excluded.shadow_at, switched_at = excluded.switched_at, done_at = excluded.done_at,
      back_at = excluded.back_at, rollback_until = excluded.rollback_until, reminded_at = excluded.reminded_at,
      before_records = excluded.before_records, now_records = excluded.now_records, looked_at = excluded.looked_at,
      look_wanted_at = excluded.look_wanted_at, report_wanted_at = excluded.report_wanted_at`;
}

/** What a look at the DNS has found. */
export interface CutoverLook {
  readonly now: readonly CutoverRecord[];
  readonly oldAddresses: readonly string[];
  readonly lookedAt: number;
  readonly nextLookAt: number;
}

/** Keeps what was seen; the first look that finds something is what there was before. */
export async function saveCutoverLook(tx: TenantTx, domain: string, look: CutoverLook): Promise<void> {
  await tx`
    update domain_cutovers set now_records = ${tx.json(json(look.now))}, old_addresses = ${[...look.oldAddresses]}::text[],
      before_records = case when before_records = '[]' and state in ('planned', 'shadow') then ${tx.json(json(look.now))}::jsonb else before_records end,
      looked_at = ${at(look.lookedAt)}, look_wanted_at = ${at(look.nextLookAt)}
    where tenant_id = ${tx.tenantId} and domain = ${domain}`;
}

/** The DNS has not answered. */
export async function postponeCutoverLook(tx: TenantTx, domain: string, nextLookAt: number): Promise<void> {
  await tx`update domain_cutovers set look_wanted_at = ${at(nextLookAt)} where tenant_id = ${tx.tenantId} and domain = ${domain}`;
}

/** Only what changes by itself: where the mail goes, and since when. */
export async function saveCutoverState(
  tx: TenantTx,
  { domain, state, mode, shadowAt, switchedAt, rollbackUntil, remindedAt }: StoredCutover,
): Promise<void> {
  await tx`
    update domain_cutovers set state = ${state}, mode = ${mode}, shadow_at = ${maybe(shadowAt)}, switched_at = ${maybe(switchedAt)},
      rollback_until = ${maybe(rollbackUntil)}, reminded_at = ${maybe(remindedAt)}
    where tenant_id = ${tx.tenantId} and domain = ${domain}`;
}

/** Moves of all tenants whose DNS is to be looked at, or whose report is to be made, the longest due first. */
export async function listDueCutovers(
  tx: SystemTx,
  what: "look" | "report",
  now: number,
  limit: number,
): Promise<{ tenantId: TenantId; domain: string }[]> {
  const due = what === "look" ? tx`look_wanted_at` : tx`report_wanted_at`;
  // Who goes back is looked at until nothing comes here any more.
  return tx<{ tenantId: TenantId; domain: string }[]>`
    select tenant_id as "tenantId", domain from domain_cutovers
    where ${due} <= ${at(now)} and (state in ('planned', 'shadow', 'switched') or (state = 'back' and mode <> 'off'))
    order by ${due} limit ${limit}`;
}
