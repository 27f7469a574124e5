/** What an aggregate report is about, and who made it. */
interface ReportHead {
  /** canonical: A-labels, lower case */
  readonly domain: string;
  readonly org: string;
  readonly reportId: string;
  /** milliseconds since the epoch */
  readonly beginsAt: number;
  readonly endsAt: number;
}

/** An aggregate report of DMARC results (RFC 7489 §7.2), as far as it is kept. */
export interface DmarcReport extends ReportHead {
  readonly policy: { readonly p: string; readonly sp: string; readonly pct: number };
  readonly sources: readonly DmarcReportSource[];
}

/** Messages of one address with the same result. */
export interface DmarcReportSource {
  readonly ip: string;
  readonly messages: number;
  readonly disposition: "none" | "quarantine" | "reject";
  readonly dkimAligned: boolean;
  readonly spfAligned: boolean;
  /** domains whose signatures verified */
  readonly signedBy: readonly string[];
  /** domain of MAIL FROM, or "" */
  readonly mailFrom: string;
}
