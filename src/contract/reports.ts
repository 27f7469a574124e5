import { z } from "zod";

/** `?domain=agency.example&days=30`: the last days, today included, in UTC. */
export const ReportQuery = z.object({
  domain: z.string().trim().toLowerCase().min(1).max(253),
  days: z.coerce.number().int().min(1).max(366).default(30),
});
export type ReportQuery = z.output<typeof ReportQuery>;

const count = z.int().nonnegative();
/** `2026-11-22` */
const day = z.iso.date();

/** Who sends reports, and how many came. */
const Reporters = z.array(z.object({ org: z.string(), reports: count }));

/** One address that sent mail in the name of the domain. */
const DmarcSource = z.object({
  ip: z.string(),
  messages: count,
  /** An aligned SPF or DKIM result: DMARC passed. */
  passed: count,
  failed: count,
  dkimAligned: count,
  spfAligned: count,
  /** What receivers did with it. */
  none: count,
  quarantine: count,
  reject: count,
  /** domains whose DKIM signatures verified there, and domains of MAIL FROM: at most 10 each */
  signedBy: z.array(z.string()),
  mailFrom: z.array(z.string()),
  lastDay: day,
});
export type DmarcSource = z.output<typeof DmarcSource>;

/** `GET /v1/reports/dmarc`: what others report of mail in the domain's name (RFC 7489 aggregate reports). */
export const DmarcOverview = z.object({
  domain: z.string(),
  from: day,
  to: day,
  reports: count,
  totals: z.object({ messages: count, passed: count, failed: count }),
  /** Days with reports, the oldest first. */
  days: z.array(z.object({ day, passed: count, failed: count })),
  /** The most messages first; at most 500. */
  sources: z.array(DmarcSource),
  reporters: Reporters,
  /** The policy as the latest report saw it; null without a report. */
  policy: z.object({ p: z.string(), sp: z.string(), pct: z.int() }).nullable(),
});
export type DmarcOverview = z.output<typeof DmarcOverview>;

/** Sessions that others could not secure, by what went wrong (RFC 8460 §4.3). */
const TlsFailure = z.object({
  /** `certificate-expired`, `starttls-not-supported`, `validation-failure`, … */
  type: z.string(),
  /** our host that it was about; "" when the report does not say */
  receivingHost: z.string(),
  sessions: count,
  /** who reported it */
  orgs: z.array(z.string()),
  lastDay: day,
});

/** `GET /v1/reports/tls`: what others report of TLS with the domain's mail servers (RFC 8460). */
export const TlsOverview = z.object({
  domain: z.string(),
  from: day,
  to: day,
  reports: count,
  totals: z.object({ sessions: count, succeeded: count, failed: count }),
  days: z.array(z.object({ day, succeeded: count, failed: count })),
  /** The most sessions first; at most 200. */
  failures: z.array(TlsFailure),
  reporters: Reporters,
});
export type TlsOverview = z.output<typeof TlsOverview>;
