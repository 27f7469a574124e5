import type { RecordProblem, RecordState } from "../contract/domains.ts";
import type { WantedRecord } from "./wanted-records.ts";

/** What the DNS said about one record. */
export interface Judged extends WantedRecord {
  /** undefined: it did not answer */
  readonly state: Exclude<RecordState, "unknown"> | undefined;
  readonly problem: RecordProblem | null;
  /** what is there, as the DNS says it */
  readonly found: readonly string[];
}

/** The same with what is known from the looks before. Times are milliseconds since the epoch. */
export interface RecordLook extends WantedRecord {
  readonly state: RecordState;
  readonly problem: RecordProblem | null;
  readonly found: readonly string[];
  readonly since: number | null;
  /** The DNS answered at the last look. */
  readonly answered: boolean;
  /** It was right once: from then on, what changes is a drift. */
  readonly everFound: boolean;
  /** Looks in a row that found it missing or wrong. */
  readonly badLooks: number;
  /** Administrators were told that it is not right any more. */
  readonly told: boolean;
}

/** What one look at a domain gave, before it is compared with the one before. */
export interface FreshLook {
  /** false: the DNS does not know the domain */
  readonly exists: boolean;
  readonly apex: string;
  readonly nameServers: readonly string[];
  readonly contact: string;
  readonly records: readonly Judged[];
  /** the tokens that stand in the DNS now, of whatever tenant */
  readonly tokens: readonly string[];
  /** Every name where a token may stand gave an answer. */
  readonly areTokensSure: boolean;
  /** the host of the provider's Domain Connect (`_domainconnect`), unchecked */
  readonly connectHost: string | null;
}

/** What is kept of it. */
export interface DomainLook {
  readonly exists: boolean;
  readonly apex: string;
  readonly nameServers: readonly string[];
  readonly contact: string;
  readonly records: readonly RecordLook[];
  readonly isTokenSeen: boolean;
  /** What the provider offers (Domain Connect); null: nothing that fits. */
  readonly connect: ConnectOffer | null;
}

/** What a DNS provider says of itself: `https://<host>/v2/<domain>/settings` (Domain Connect). */
export interface ConnectOffer {
  readonly providerId: string;
  readonly providerName: string;
  /** where the browser goes */
  readonly syncUrl: string;
  readonly width: number | null;
  readonly height: number | null;
}
