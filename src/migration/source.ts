import type { BlobSource } from "../blob/index.ts";
import type { Flags } from "../mailstore/index.ts";
import type { SourceKind } from "./rows.ts";

/** Special uses of folders at a source (RFC 6154); `all`, `flagged` and `important` are views of what is in others. */
export type SpecialUse =
  | "inbox"
  | "drafts"
  | "sent"
  | "junk"
  | "trash"
  | "archive"
  | "all"
  | "flagged"
  | "important";

/** One folder as a source names it. */
export interface SourceFolder {
  /** its name there, unique in the source */
  readonly key: string;
  /** its levels, decoded; the namespace's prefix is off */
  readonly levels: readonly string[];
  /** what the source says it is for */
  readonly use: SpecialUse | null;
  readonly isSubscribed: boolean;
}

/** What a source gives of an open folder, in any order.
 * - message: to be copied; its octets can be read until the next one is asked for with `read` again
 * - failed: it can't be read
 * - known: how what was copied is marked there now
 * - elsewhere: so many messages that stand in another folder too, which is read by itself */
export type SourceItem =
  | {
      readonly kind: "message";
      /** its number there, from 1 on; never another message's */
      readonly uid: number;
      readonly flags: Flags;
      /** milliseconds since the epoch */
      readonly receivedAt: number;
      readonly content: BlobSource;
      /** Called when its octets are not needed any more. */
      release?(): Promise<void>;
    }
  | { readonly kind: "failed"; readonly uid: number; readonly code: FailureCode; readonly detail: string }
  | { readonly kind: "elsewhere"; readonly count: number }
  | {
      readonly kind: "known";
      readonly marks: readonly { readonly uid: number; readonly flags: Flags }[];
    };

export type FailureCode = "too_large" | "unreadable" | "server" | "encrypted";

export interface OpenFolder {
  /** As long as it is the same, a number means the same message (UIDVALIDITY). */
  readonly validity: string;
  readonly found: number;
  /** Nothing has come or changed as long as it is the same; null: that can't be told. */
  readonly mark: string | null;
  /** @param isKnown asks which of the numbers from lo to hi were copied already */
  read(isKnown: (lo: number, hi: number) => Promise<ReadonlySet<number>>): AsyncIterable<SourceItem>;
}

/** An old mailbox that is open. */
export interface MailSource extends AsyncDisposable {
  readonly kind: SourceKind;
  /** what it is, so that a second run knows it again */
  readonly identity: string;
  folders(): Promise<readonly SourceFolder[]>;
  open(folder: SourceFolder): Promise<OpenFolder>;
}

/** Why a source can't be used. isFinal: an attempt more does not change it. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly code: string;
  readonly isFinal: boolean;

  /** @param code see `MigrationReason` */
  constructor(code: string, detail: string, isFinal: boolean, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
    this.isFinal = isFinal;
  }
}
