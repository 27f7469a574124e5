/** A result word of RFC 8601 §2.7: `pass`, `fail`, `softfail`, `neutral`, `none`, `policy`, `temperror`, `permerror`. */
export type AuthResult =
  | "pass"
  | "fail"
  | "softfail"
  | "neutral"
  | "none"
  | "policy"
  | "temperror"
  | "permerror";

export type DmarcPolicy = "none" | "quarantine" | "reject";

/** What SPF, DKIM, DMARC and ARC say of one message. */
export interface Authentication {
  readonly spf: {
    readonly result: AuthResult;
    /** The domain that was looked at: that of MAIL FROM, or of HELO when MAIL FROM is the null path (RFC 7208 §2.4). */
    readonly domain: string;
    readonly scope: "mfrom" | "helo";
  };
  /** One for each signature that could be read, at most `SIGNATURES_MAX`. */
  readonly dkim: readonly {
    readonly result: AuthResult;
    readonly domain: string;
    readonly selector: string;
    readonly isAligned: boolean;
  }[];
  readonly dmarc: {
    /** `none`: the author's domain publishes nothing; `permerror`: there is not one author domain, so nothing can vouch for it. */
    readonly result: AuthResult;
    /** The domain of From; null when there is none, or more than one. */
    readonly fromDomain: string | null;
    /** What the author's domain asks for, if the message fails; null when it publishes nothing that can be used. */
    readonly policy: DmarcPolicy | null;
    readonly published: PublishedPolicy | null;
    /** An aligned domain passed. */
    readonly isSpfAligned: boolean;
    readonly isDkimAligned: boolean;
  };
  readonly arc: {
    readonly result: AuthResult;
    /** Who sealed, the first hop first. */
    readonly sealers: readonly string[];
    /** The sealer that is trusted here and saw DMARC pass before it changed the message, or null. */
    readonly vouchedBy: string | null;
  };
  /** Results as they go into Authentication-Results and ARC-Authentication-Results, folded, without the authserv-id. */
  readonly results: string;
}

/** A domain's DMARC record, as far as reports need it (RFC 9990). */
export interface PublishedPolicy {
  /** Where the record stands. */
  readonly domain: string;
  readonly p: DmarcPolicy;
  readonly sp: DmarcPolicy;
  readonly np: DmarcPolicy | null;
  readonly isSpfStrict: boolean;
  readonly isDkimStrict: boolean;
  /** `t=y` */
  readonly isTest: boolean;
  /** Share of the failing messages that the policy is for, in percent (RFC 7489 §6.3; RFC 9989 has it no more, records do). */
  readonly pct: number;
  /** The whole record. */
  readonly record: string;
}
