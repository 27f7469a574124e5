export interface ReportHead {
  /** what the report is about, canonical */
  readonly domain: string;
  readonly org: string;
  readonly reportId: string;
  /** milliseconds since the epoch */
  readonly beginsAt: number;
  readonly endsAt: number;
}

/** An aggregate report of DMARC results, as far as it is kept. */
export interface DmarcReport extends ReportHead {
  readonly policy: { readonly p: string; readonly sp: string; readonly pct: number };
  readonly sources: readonly {
    readonly ip: string;
    readonly messages: number;
    readonly disposition: "none" | "quarantine" | "reject";
    readonly dkimAligned: boolean;
    readonly spfAligned: boolean;
    /** domains whose signatures verified */
    readonly signedBy: readonly string[];
    /** domain of MAIL FROM, or "" */
    readonly mailFrom: string;
  }[];
}

/** A report about TLS, for one of the domains that it names. */
export interface TlsReport extends ReportHead {
  readonly succeeded: number;
  readonly failed: number;
  readonly failures: readonly {
    readonly type: string;
    readonly receivingHost: string;
    readonly sessions: number;
  }[];
}
