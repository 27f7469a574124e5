import type { DmarcOverview, ReportQuery, TlsOverview } from "../contract/reports.ts";
import type { TenantTx } from "../db/index.ts";
import { readDmarcOverview, readTlsOverview, type ReportSpan } from "./received-report.store.ts";

const DAY_MS = 86_400_000;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function spanOf({ domain, days }: ReportQuery, now: number): ReportSpan {
  return { domain, from: dayOf(now - (days - 1) * DAY_MS), to: dayOf(now) };
}

/** What reports of the last days say of a domain of the tenant; nothing of one that is not its own. */
export function dmarcOverview(tx: TenantTx, query: ReportQuery, now: number): Promise<DmarcOverview> {
  return readDmarcOverview(tx, spanOf(query, now));
}

export function tlsOverview(tx: TenantTx, query: ReportQuery, now: number): Promise<TlsOverview> {
  return readTlsOverview(tx, spanOf(query, now));
}
