import type { HeloFinding } from "../gate/check-helo.ts";
import type { Authentication } from "./authentication.ts";

/** What a scanner says, or why it says nothing. */
export type Scan<T> =
  /** None is set up. */
  | { readonly state: "off" }
  /** It is set up and does not answer now. */
  | { readonly state: "down"; readonly why: string }
  /** It does not take this message, and will not the next time. */
  | { readonly state: "skipped"; readonly why: string }
  | ({ readonly state: "done" } & T);

export interface AuthenticationFinding {
  readonly check: "authentication";
  readonly authentication: Authentication;
  /** Uniform in [0, 100): DMARC records may ask for their policy for a share of the messages only. */
  readonly lot: number;
}

export interface SpamFinding {
  readonly check: "spam";
  readonly scan: Scan<{
    readonly score: number;
    /** What the scanner would do: `no action`, `greylist`, `add header`, `reject`, … */
    readonly action: string;
    /** Names of the rules that hold, those that weigh most first. */
    readonly symbols: readonly string[];
    /** A rule has the last word, and the score says nothing. */
    readonly isForced: boolean;
  }>;
}

export interface VirusFinding {
  readonly check: "virus";
  /** The name of the first signature that was found, or null. */
  readonly scan: Scan<{ readonly virus: string | null }>;
}

export interface AttachmentsFinding {
  readonly check: "attachments";
  /** Each kind of file once, with the path of the first one: `offer.zip/offer.exe`. */
  readonly files: readonly AttachedFile[];
  /** Archives that can't be looked into: with a password, damaged, or of a kind that we can't open. */
  readonly closed: readonly { readonly path: string; readonly why: "password" | "damaged" | "kind" }[];
  /** Set where there was more than we look at: a bomb, or archives in archives in archives. */
  readonly tooMuch: string | null;
}

export interface AttachedFile {
  readonly path: string;
  /** Lower case, without the dot. */
  readonly ending: string;
  /** by: the name says so, or the content does */
  readonly by: "name" | "content";
}

/** What stands out in a client before its message; none of it is proof of anything. */
export interface ClientFinding {
  readonly check: "client";
  /** Its address has no name that leads back to it, and DNS says so. */
  readonly isNameless: boolean;
  /** What is strange about the name that it gave itself. */
  readonly helo: readonly HeloFinding[];
  /** The operator, or an allow list, knows it to be good. */
  readonly isKnownGood: boolean;
}

export type Finding = AuthenticationFinding | SpamFinding | VirusFinding | AttachmentsFinding | ClientFinding;

/** All that is known of one message. It is the same for all its recipients; what is done differs. */
export interface Findings {
  readonly authentication: AuthenticationFinding;
  readonly spam: SpamFinding;
  readonly virus: VirusFinding;
  readonly attachments: AttachmentsFinding;
  readonly client: ClientFinding;
}
