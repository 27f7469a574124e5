import type { Parsed } from "../../kernel/parsed.ts";
import { normalizeDomain } from "../address/index.ts";

/** What a report about TLS says of one domain (RFC 8460 §4.4). */
export interface TlsReport {
  /** canonical */
  readonly domain: string;
  readonly org: string;
  readonly reportId: string;
  /** milliseconds since the epoch */
  readonly beginsAt: number;
  readonly endsAt: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly failures: readonly {
    readonly type: string;
    /** our host; "" when the report does not say */
    readonly receivingHost: string;
    readonly sessions: number;
  }[];
}

const POLICIES_MAX = 100;
const FAILURES_MAX = 1_000;
const COUNT_MAX = 2_147_483_647;

// oxlint-disable-next-line no-control-regex -- these are the characters to leave out
const CONTROLS = /[\u0000-\u001f\u007f]/g;

type Json = unknown;
const field = (json: Json, name: string): Json =>
  typeof json === "object" && json !== null && !Array.isArray(json) && Object.hasOwn(json, name)
    ? Object.entries(json).find(([key]) => key === name)?.[1]
    : undefined;
const list = (json: Json): readonly Json[] => (Array.isArray(json) ? (json satisfies readonly Json[]) : []);

function text(json: Json, max = 200): string {
  if (typeof json !== "string") return "";
  return json.replaceAll(CONTROLS, " ").trim().slice(0, max).toWellFormed();
}

/** Some senders write numbers as text. */
function count(json: Json): number {
  const value = typeof json === "string" && /^\d{1,12}$/.test(json) ? Number(json) : json;
  return typeof value === "number" && Number.isInteger(value) && value > 0 ? Math.min(value, COUNT_MAX) : 0;
}

function time(json: Json): number | null {
  const given = text(json, 40);
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i.exec(given);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const zone = match[7]?.toUpperCase() === "Z" ? 0 : zoneMinutes(match[7] ?? "");
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 60) return null;
  return (((daysSince1970(year, month, day) * 24 + hour) * 60 + minute - zone) * 60 + second) * 1000;
}

const zoneMinutes = (zone: string): number =>
  (zone.startsWith("-") ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6)));

/** Days from 1970-01-01 in the Gregorian calendar; March is the first month, so that leap days come last. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const ofEra = y - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

const missing = (expected: string): { readonly ok: false; readonly at: 0; readonly expected: string } => ({
  ok: false,
  at: 0,
  expected,
});

/** Reads a report about TLS: one value for each domain that it names; several policies of one domain are added up. Never throws.
 * @param json what `JSON.parse` gave */
export function parseTlsReport(json: unknown): Parsed<readonly TlsReport[]> {
  const org = text(field(json, "organization-name")) || text(field(json, "contact-info"));
  const reportId = text(field(json, "report-id"), 255);
  if (org === "" || reportId === "") return missing("organization-name and report-id");
  const range = field(json, "date-range");
  const [beginsAt, endsAt] = [time(field(range, "start-datetime")), time(field(range, "end-datetime"))];
  if (beginsAt === null || endsAt === null || endsAt < beginsAt) return missing("date-range");
  const byDomain = new Map<string, TlsReport>();
  for (const entry of list(field(json, "policies")).slice(0, POLICIES_MAX)) {
    const domain = normalizeDomain(text(field(field(entry, "policy"), "policy-domain"), 260));
    if (!domain.ok) continue;
    const one = parsePolicy(entry);
    const before = byDomain.get(domain.value);
    byDomain.set(domain.value, {
      domain: domain.value,
      org,
      reportId,
      beginsAt,
      endsAt,
      succeeded: Math.min(COUNT_MAX, one.succeeded + (before?.succeeded ?? 0)),
      failed: Math.min(COUNT_MAX, one.failed + (before?.failed ?? 0)),
      failures: [...(before?.failures ?? []), ...one.failures].slice(0, FAILURES_MAX),
    });
  }
  return byDomain.size === 0
    ? missing("policies with policy-domain")
    : { ok: true, value: [...byDomain.values()] };
}

function parsePolicy(entry: Json): Pick<TlsReport, "succeeded" | "failed" | "failures"> {
  const summary = field(entry, "summary");
  const failures = list(field(entry, "failure-details"))
    .slice(0, FAILURES_MAX)
    .map((detail) => ({
      type: text(field(detail, "result-type"), 60).toLowerCase() || "unknown",
      receivingHost: text(field(detail, "receiving-mx-hostname"), 255).toLowerCase().replace(/\.$/, ""),
      sessions: count(field(detail, "failed-session-count")),
    }))
    .filter((one) => one.sessions > 0);
  return {
    succeeded: count(field(summary, "total-successful-session-count")),
    failed: count(field(summary, "total-failure-session-count")),
    failures,
  };
}
