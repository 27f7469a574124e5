import type { RightsArgs } from "./acl-rights.ts";
import type { StreamedLiteral } from "./scanner.ts";
import type { FetchItem } from "./fetch-item.ts";
import type { NotifyRequest } from "./notify-spec.ts";
import type { MetadataOptions } from "./metadata-options.ts";
import type { SearchKey, SearchReturn } from "./search-key.ts";
import type { PartialRange } from "./partial-range.ts";
import type { Resync } from "./resync.ts";
import type { SequenceSet } from "./sequence-set.ts";
import type { SortCriterion, ThreadAlgorithm } from "./sort-key.ts";

/** Commands without arguments. */
export type BareName =
  | "CAPABILITY"
  | "CHECK"
  | "CLOSE"
  | "EXPUNGE"
  | "GETJMAPACCESS"
  | "IDLE"
  | "LOGOUT"
  | "NAMESPACE"
  | "NOOP"
  | "STARTTLS"
  | "UNSELECT";

export type StatusItem =
  | "MESSAGES"
  | "UIDNEXT"
  | "UIDVALIDITY"
  | "UNSEEN"
  | "RECENT"
  | "DELETED"
  | "SIZE"
  | "HIGHESTMODSEQ"
  | "MAILBOXID"
  | "APPENDLIMIT"
  | "DELETED-STORAGE";

export type ListSelect = "SUBSCRIBED" | "REMOTE" | "RECURSIVEMATCH" | "SPECIAL-USE";

/** What LIST is to tell about each mailbox (RFC 9051 §6.3.9). */
export interface ListReturn {
  readonly subscribed: boolean;
  readonly children: boolean;
  readonly specialUse: boolean;
  /** RFC 8440 */
  readonly myRights: boolean;
  readonly status: readonly StatusItem[];
  /** RFC 9590 */
  readonly metadata?: MetadataOptions & { readonly entries: readonly string[] };
}

export interface ListArgs {
  /** Criteria a mailbox must meet; empty for all. */
  readonly select: readonly ListSelect[];
  /** Goes before each pattern. */
  readonly reference: string;
  /** "%" matches within a level, "*" across. One empty pattern asks for the hierarchy delimiter (RFC 3501 §6.3.8). */
  readonly patterns: readonly string[];
  readonly returns: ListReturn;
  /** The client used a form of RFC 5258; the answers may then hold what it defines. */
  readonly extended: boolean;
}

/** One message of an APPEND. */
export interface AppendMessage {
  readonly flags: readonly string[];
  /** Milliseconds since 1970-01-01; absent when the server's clock is to be used. */
  readonly internalMs: number | undefined;
  /** The message, or its size when it was streamed elsewhere. */
  readonly content: Uint8Array | StreamedLiteral;
  /** It stands in `UTF8 (…)`, and the bracket is not closed yet (RFC 6855 §4). */
  readonly isOpen?: true;
}

export type StoreAction = "add" | "remove" | "replace";

/** Arguments of each command, by its name. */
export interface CommandArgs extends Record<BareName, object> {
  readonly APPEND: { readonly mailbox: string; readonly messages: readonly AppendMessage[] };
  /** `initialResponse` is base64 as it was sent; "=" is an empty one (RFC 4959). */
  readonly AUTHENTICATE: { readonly mechanism: string; readonly initialResponse: string | undefined };
  /** In capitals (RFC 4978). */
  readonly COMPRESS: { readonly algorithm: string };
  readonly COPY: { readonly uid: boolean; readonly set: SequenceSet; readonly mailbox: string };
  readonly CREATE: { readonly mailbox: string; readonly specialUse: readonly string[] };
  readonly DELETE: { readonly mailbox: string };
  readonly DELETEACL: AclArgs;
  readonly ENABLE: { readonly capabilities: readonly string[] };
  readonly EXAMINE: SelectArgs;
  readonly FETCH: {
    readonly uid: boolean;
    readonly set: SequenceSet;
    readonly items: readonly FetchItem[];
    /** Only messages changed after this modification sequence (RFC 7162 §3.1.4.1). */
    readonly changedSince: number | undefined;
    /** Tell too which messages of the set are gone since then (RFC 7162 §3.2.6). */
    readonly vanished?: boolean;
    /** Only these of them (RFC 9394 §3.4). */
    readonly partial?: PartialRange;
  };
  readonly GETMETADATA: {
    /** Empty: the account itself. */
    readonly mailbox: string;
    readonly entries: readonly string[];
  } & MetadataOptions;
  readonly GETQUOTA: { readonly root: string };
  readonly GETQUOTAROOT: { readonly mailbox: string };
  readonly GETACL: { readonly mailbox: string };
  readonly ID: { readonly parameters: ReadonlyMap<string, string | undefined> };
  readonly LIST: ListArgs;
  readonly LISTRIGHTS: AclArgs;
  readonly LOGIN: { readonly user: string; readonly password: string };
  readonly LSUB: { readonly reference: string; readonly pattern: string };
  readonly MOVE: { readonly uid: boolean; readonly set: SequenceSet; readonly mailbox: string };
  readonly MYRIGHTS: { readonly mailbox: string };
  /** Undefined: nothing is to be told. */
  readonly NOTIFY: { readonly request: NotifyRequest | undefined };
  readonly RENAME: { readonly from: string; readonly to: string };
  readonly REPLACE: {
    readonly uid: boolean;
    /** One message. */
    readonly set: SequenceSet;
    readonly mailbox: string;
    /** One message. */
    readonly messages: readonly AppendMessage[];
  };
  readonly SEARCH: {
    readonly uid: boolean;
    /** Absent without RETURN: then the answer is the old SEARCH response. */
    readonly returns: readonly SearchReturn[] | undefined;
    /** Which of the results PARTIAL asks for. */
    readonly partial?: PartialRange;
    /** False when the strings could not be decoded: answer NO [BADCHARSET] (RFC 9051 §6.4.4). */
    readonly charsetKnown: boolean;
    /** The client said a charset: it must not once UTF8=ACCEPT is enabled (RFC 6855 §3). */
    readonly namesCharset?: true;
    readonly key: SearchKey;
  };
  readonly SELECT: SelectArgs;
  readonly SETMETADATA: {
    readonly mailbox: string;
    /** Without a value, the entry is taken away. */
    readonly values: readonly (readonly [entry: string, value: Uint8Array | undefined])[];
  };
  readonly SETQUOTA: {
    readonly root: string;
    /** Resources in capitals, with their limits. */
    readonly limits: readonly (readonly [resource: string, limit: number])[];
  };
  readonly SETACL: AclArgs & RightsArgs;
  readonly SORT: {
    readonly uid: boolean;
    /** Absent without RETURN: then the answer is the SORT response. */
    readonly returns: readonly SearchReturn[] | undefined;
    readonly by: readonly SortCriterion[];
    readonly charsetKnown: boolean;
    readonly key: SearchKey;
  };
  readonly STATUS: { readonly mailbox: string; readonly items: readonly StatusItem[] };
  readonly STORE: {
    readonly uid: boolean;
    readonly set: SequenceSet;
    readonly action: StoreAction;
    readonly silent: boolean;
    readonly flags: readonly string[];
    /** Leave alone what changed after this modification sequence (RFC 7162 §3.1.3). */
    readonly unchangedSince: number | undefined;
  };
  readonly SUBSCRIBE: { readonly mailbox: string };
  readonly THREAD: {
    readonly uid: boolean;
    readonly algorithm: ThreadAlgorithm;
    readonly charsetKnown: boolean;
    readonly key: SearchKey;
  };
  readonly "UID EXPUNGE": { readonly set: SequenceSet };
  readonly UNSUBSCRIBE: { readonly mailbox: string };
}

/** Whom an access control list is asked about (RFC 4314 §2). */
export interface AclArgs {
  readonly mailbox: string;
  /** without the "-" of a negative one */
  readonly identifier: string;
  readonly isNegative: boolean;
}

export interface SelectArgs {
  readonly mailbox: string;
  readonly condstore: boolean;
  readonly qresync?: Resync;
}

export type CommandName = keyof CommandArgs;

/** A command by its name, as its handler gets it. */
export type CommandOf<N extends CommandName> = { readonly tag: string; readonly name: N } & CommandArgs[N];

/** Any command. `switch` on `name`, or look it up in a table. */
export type Command = { [N in CommandName]: CommandOf<N> }[CommandName];
