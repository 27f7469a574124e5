import { z } from "zod";
import { PageQuery, pageOf } from "./paging.ts";

/** Old mail that is brought in. Permissions `imports:read` and `imports:write`; under `/v1/me/migrations` the same paths with `self`, for
 * one's own mailbox alone (its `mailboxes` name no other address, and there are no administrator logins).
 *
 * - `GET /v1/migrations` → `MigrationList`, newest first (query `PageQuery`)
 * - `POST /v1/migrations` (`NewMigration`) → 201 `Migration` in the state `draft`: nothing runs yet
 * - `POST /v1/migrations/test-connection` (`TestConnection`) → 200 `ConnectionTest`, also when the old server can't be used
 * - `GET /v1/migrations/{id}` → `Migration`
 * - `DELETE /v1/migrations/{id}` → 204; only when it does not run. The mail that was brought in stays.
 * - `POST /v1/migrations/{id}/start|pause|resume|cancel|finish` → 200 `Migration`
 * - `POST /v1/migrations/{id}/delta` → 200 `Migration`: one more pass over everything that is `copied`, for what came since
 * - `GET /v1/migrations/{id}/mailboxes` → `MigrationMailboxList` (query `MigrationMailboxQuery`)
 * - `POST /v1/migrations/{id}/mailboxes` (`AddMigrationMailboxes`) → 201 `AddedMailboxes`
 * - `GET /v1/migrations/{id}/mailboxes/{mailbox}` → `MigrationMailboxDetail`: with its folders
 * - `GET /v1/migrations/{id}/mailboxes/{mailbox}/failures` → `MigrationFailureList` (query `PageQuery`)
 * - `POST /v1/migrations/{id}/mailboxes/{mailbox}/retry` (`RetryMailbox`) → 200 `MigrationMailbox`: at once, with a new password if there is one
 * - `POST /v1/migrations/{id}/files` (`NewMigrationFile`) → 201 `MigrationFile`
 * - `GET /v1/migrations/{id}/files` → `{ files: MigrationFile[] }`
 * - `GET /v1/migrations/{id}/files/{file}` → `MigrationFile`: `received` is where an upload that was cut goes on
 * - `PATCH /v1/migrations/{id}/files/{file}` → 200 `MigrationFile`: the next octets as `application/octet-stream`, at most
 *   `MIGRATION_PIECE_BYTES` at a time, with the field `Upload-Offset: <received>`. Another offset is 409 `upload_offset_wrong`: ask where it is.
 *
 * Problems: `migration_unknown` (404), `migration_state_wrong` (409: it can't be done in this state), `upload_offset_wrong` (409),
 * `quota_exceeded` (507: files larger than the limit of the installation), `address_unknown` (404: no such mailbox here). */

/** What one PATCH of a file may bring: send more as several. */
export const MIGRATION_PIECE_BYTES = 8 * 1024 * 1024;
/** So many mailboxes in one request; more are added with a second one. */
export const MIGRATION_MAILBOXES_AT_ONCE = 2_500;

const text = (max: number) => z.string().trim().min(1).max(max);
const secret = z.string().min(1).max(4_000);
const address = z.string().trim().min(3).max(320);

export const MIGRATION_KINDS = ["imap", "mbox", "maildir", "eml", "pst"] as const;
export const MigrationKind = z.enum(MIGRATION_KINDS);
export type MigrationKind = z.output<typeof MigrationKind>;

/** How to sign in to the old server.
 * - password: each mailbox with its own
 * - master-user: `{user}*{master}` (Dovecot) with the master's password; `form` says how the two are written
 * - authorization: SASL PLAIN as an administrator, for each mailbox (authorization identity)
 * - token: XOAUTH2 with one access token of a service account that may read all mailboxes */
export const ImapLogin = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("password") }),
  z.strictObject({
    kind: z.literal("master-user"),
    master: text(320),
    password: secret,
    form: z
      .string()
      .max(50)
      .regex(/^(?=.*\{user\})(?=.*\{master\})[\x21-\x7e]+$/)
      .default("{user}*{master}"),
  }),
  z.strictObject({ kind: z.literal("authorization"), admin: text(320), password: secret }),
  z.strictObject({ kind: z.literal("token"), token: secret }),
]);
export type ImapLogin = z.output<typeof ImapLogin>;

/** The old server. */
export const ImapSource = z.strictObject({
  kind: z.literal("imap"),
  host: z
    .string()
    .trim()
    .min(1)
    .max(253)
    .regex(/^[A-Za-z0-9.:_-]+$/),
  /** by default 993, and 143 without TLS from the start */
  port: z.int().min(1).max(65_535).optional(),
  /** tls: from the start. none: clear text, which everybody on the way can read; it needs `allowCleartext`. */
  security: z.enum(["tls", "starttls", "none"]).default("tls"),
  allowCleartext: z.boolean().default(false),
  /** The certificate is not looked at: for an old server with one of its own. Who is in between can read the passwords. */
  allowAnyCertificate: z.boolean().default(false),
  login: ImapLogin.default({ kind: "password" }),
});
export type ImapSource = z.output<typeof ImapSource>;

/** Files: each is uploaded and then belongs to one mailbox here.
 * - mbox: one file, or a zip of them (Google Takeout). maildir: a zip or tar. eml: a zip whose folders become folders. pst: Outlook. */
const FileSource = z.strictObject({ kind: z.enum(["mbox", "maildir", "eml", "pst"]) });

const MigrationSource = z.discriminatedUnion("kind", [ImapSource, FileSource]);

/** One mailbox of the old server, and the one here that gets its mail. */
export const NewMigrationMailbox = z.strictObject({
  address,
  /** what it signs in with there; the address when absent */
  user: text(320).optional(),
  /** for `login: password` */
  password: secret.optional(),
  /** when it is not on the host of the others */
  host: ImapSource.shape.host.optional(),
});
export type NewMigrationMailbox = z.output<typeof NewMigrationMailbox>;

/** `POST /v1/migrations` */
export const NewMigration = z.strictObject({
  name: z.string().trim().max(200).default(""),
  source: MigrationSource,
  /** a folder here that everything goes below; absent or empty: the same folders as there */
  into: z.string().trim().max(200).default(""),
  mailboxes: z.array(NewMigrationMailbox).max(MIGRATION_MAILBOXES_AT_ONCE).default([]),
  /** or lines of `address,user,password[,host]`; a first line with these words is the head. For IMAP only. */
  csv: z.string().max(1_000_000).optional(),
});
export type NewMigration = z.output<typeof NewMigration>;

/** `POST /v1/migrations/{id}/mailboxes` */
export const AddMigrationMailboxes = NewMigration.pick({ mailboxes: true, csv: true });
/** How many were new; those that are there already get the new password. A line that is wrong refuses all (400, `errors[].field` is
 * `mailboxes.<index>` or `csv.<line>`). */
export const AddedMailboxes = z.object({ added: z.int(), changed: z.int() });

/** `POST /v1/migrations/test-connection` */
export const TestConnection = z.strictObject({
  source: ImapSource,
  mailbox: z.strictObject({ user: text(320), password: secret.optional() }),
});
export type TestConnection = z.output<typeof TestConnection>;

/** What is wrong with the old server:
 * dns: no such name. private_address: a name that leads into a private network. connect: nobody answers there. timeout. tls: no TLS there
 * (another port, or STARTTLS?). certificate: not for this name, run out, or by nobody known. not_imap: something else answers.
 * cleartext: it has no TLS, and clear text is not allowed. login: it refuses user or password. */
const SOURCE_PROBLEMS = [
  "dns",
  "private_address",
  "connect",
  "timeout",
  "tls",
  "certificate",
  "not_imap",
  "cleartext",
  "login",
] as const;
export const SourceProblem = z.enum(SOURCE_PROBLEMS);
export type SourceProblem = z.output<typeof SourceProblem>;

export const ConnectionTest = z.object({
  ok: z.boolean(),
  problem: SourceProblem.nullable(),
  /** in English, for the record: what the other side said */
  detail: z.string(),
  /** Things to know although it works: `cleartext`, `any_certificate`. */
  warnings: z.array(z.string()),
  folders: z.int().nullable(),
  messages: z.int().nullable(),
});
export type ConnectionTest = z.output<typeof ConnectionTest>;

/** draft: not started. running. paused: by somebody. copied: a pass is through (mailboxes that failed stand in it too), a delta starts the next
 * one. finished: by `finish`, or 60 days after it was copied; migrations of files by themselves. cancelled: for good. Both forget the passwords
 * and delete the files; what was copied stays. */
const MIGRATION_STATES = ["draft", "running", "paused", "copied", "finished", "cancelled"] as const;
export const MigrationState = z.enum(MIGRATION_STATES);
export type MigrationState = z.output<typeof MigrationState>;

/** Numbers of messages, and the octets of those that were copied. */
export const MigrationCounts = z.object({
  /** in the old mailbox when it was last looked at */
  found: z.int(),
  copied: z.int(),
  /** there already: from an earlier run, or another source */
  skipped: z.int(),
  failed: z.int(),
  bytes: z.int(),
});
export type MigrationCounts = z.output<typeof MigrationCounts>;

/** waiting: for its turn, or for the next attempt (`nextAttemptAt`). full: the mailbox here has no room; it goes on by itself when it has.
 * failed: for a reason that an attempt more does not change (`login`, `certificate`, a broken file). */
const MAILBOX_STATES = ["waiting", "running", "done", "full", "failed"] as const;
export const MigrationMailboxState = z.enum(MAILBOX_STATES);
export type MigrationMailboxState = z.output<typeof MigrationMailboxState>;

/** Why a mailbox stands still: a `SourceProblem`, `full`, `file_broken`, `file_too_large`, `disk_full`, `no_mailbox`, `cut` (the connection
 * broke off), `server` (the old server refuses something), `internal`. */
const MigrationReason = z.object({ code: z.string(), detail: z.string() });

export const MigrationMailbox = z.object({
  id: z.uuid(),
  address: z.string(),
  /** what it is called there; the name of the file */
  user: z.string(),
  state: MigrationMailboxState,
  reason: MigrationReason.nullable(),
  /** the folder that it is in now */
  folder: z.string().nullable(),
  counts: MigrationCounts,
  attempts: z.int(),
  nextAttemptAt: z.string().nullable(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
});
export type MigrationMailbox = z.output<typeof MigrationMailbox>;

export const MigrationFolder = z.object({
  /** its levels joined with `/` */
  path: z.string(),
  /** where it goes here, joined with `/`; null: nowhere, such as a view of other folders */
  target: z.string().nullable(),
  isDone: z.boolean(),
  counts: MigrationCounts,
});
export type MigrationFolder = z.output<typeof MigrationFolder>;

export const MigrationMailboxDetail = MigrationMailbox.extend({ folders: z.array(MigrationFolder) });
export type MigrationMailboxDetail = z.output<typeof MigrationMailboxDetail>;

/** One message that was not copied. `uid` is its number in the folder (of the file: from 1 on). Reasons: `too_large`, `unreadable`,
 * `server`, `encrypted`. It is tried again by the next pass. */
export const MigrationFailure = z.object({
  folder: z.string(),
  uid: z.int(),
  reason: MigrationReason,
});
export type MigrationFailure = z.output<typeof MigrationFailure>;

export const Migration = z.object({
  id: z.uuid(),
  kind: MigrationKind,
  name: z.string(),
  state: MigrationState,
  /** the old server; null for files */
  host: z.string().nullable(),
  security: z.enum(["tls", "starttls", "none"]).nullable(),
  login: z.enum(["password", "master-user", "authorization", "token"]).nullable(),
  warnings: z.array(z.string()),
  into: z.string(),
  /** an address, or `operator` */
  createdBy: z.string(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  /** 1: the first; each delta is one more */
  pass: z.int(),
  copiedAt: z.string().nullable(),
  mailboxes: z.object({
    total: z.int(),
    waiting: z.int(),
    running: z.int(),
    done: z.int(),
    full: z.int(),
    failed: z.int(),
  }),
  counts: MigrationCounts,
});
export type Migration = z.output<typeof Migration>;

export const MigrationList = pageOf(Migration);
export type MigrationList = z.output<typeof MigrationList>;

export const MigrationMailboxQuery = PageQuery.extend({
  /** all when absent */
  state: MigrationMailboxState.optional(),
  /** part of the address */
  q: z.string().trim().max(254).optional(),
});
export type MigrationMailboxQuery = z.output<typeof MigrationMailboxQuery>;

export const MigrationMailboxList = pageOf(MigrationMailbox);
export const MigrationFailureList = pageOf(MigrationFailure);

/** `POST …/retry` */
export const RetryMailbox = z.strictObject({ password: secret.optional() });

/** `POST /v1/migrations/{id}/files`; `address` is who gets what is in it. */
export const NewMigrationFile = z.strictObject({
  name: z.string().trim().min(1).max(255),
  size: z.int().min(1).max(1e12),
  address,
});
export type NewMigrationFile = z.output<typeof NewMigrationFile>;

export const MigrationFile = z.object({
  id: z.uuid(),
  name: z.string(),
  address: z.string(),
  size: z.int(),
  /** octets that are here */
  received: z.int(),
  isComplete: z.boolean(),
  /** It has been read and deleted. */
  isDeleted: z.boolean(),
});
export type MigrationFile = z.output<typeof MigrationFile>;
