/** What a process of idle clients is told, as JSON on its command line. */
export interface IdlePlan {
  readonly port: number;
  readonly tls: boolean;
  /** Say for whom we speak first, as a proxy that ends TLS does; 1 and 2 are the versions of the PROXY protocol. */
  readonly proxy?: 1 | 2;
  /** Numbers of this process's sessions: from `first`, `count` of them. */
  readonly first: number;
  readonly count: number;
  /** How many are being opened at a time. */
  readonly atOnce: number;
  /** Our end of the connections: 28,000 ports each. */
  readonly from: readonly string[];
  /** Session n signs in as `u<n % accounts><after>`; undefined: it only connects, says one line and waits. */
  readonly login?: { readonly accounts: number; readonly after: string; readonly password: string };
}

/** What it says. Times are in milliseconds of the machine's monotonic clock. */
export type IdleReport =
  | { readonly kind: "opened"; readonly count: number; readonly elapsedMs: number }
  | { readonly kind: "failed"; readonly why: string }
  | { readonly kind: "exists"; readonly session: number; readonly atMs: number }
  | { readonly kind: "closed"; readonly session: number; readonly lastLine: string };

/** The clock that all processes of a machine share, in milliseconds. */
export const sharedClockMs = (): number => Number(process.hrtime.bigint()) / 1e6;
