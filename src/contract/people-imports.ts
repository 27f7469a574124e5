import { z } from "zod";
import { PageQuery, pageOf } from "./paging.ts";

/** What to do with people who are there already. refuse: each is an error. update: name, quota, language and role follow the list, aliases and
 * groups are added; never the password. */
export const OnExisting = z.enum(["refuse", "skip", "update"]);
export type OnExisting = z.output<typeof OnExisting>;

/** How people without a password in the list get in. */
export const ImportAccess = z.enum(["generate", "invite"]);
export type ImportAccess = z.output<typeof ImportAccess>;

/** The columns of a list. Headers may be English or Greek, in any order and letter case; only `address` must be there. In `aliases` and `groups`
 * several are parted by spaces, `;` or `|`. quota: "5 GB", "500 MB", a number alone is GB. role: empty, admin, help_desk, auditor. A missing domain is the primary
 * one. */
export const ImportColumn = z.enum([
  "address",
  "name",
  "password",
  "quota",
  "aliases",
  "groups",
  "role",
  "locale",
]);
export type ImportColumn = z.output<typeof ImportColumn>;

export const ImportErrorCode = z.enum([
  /** not an address */
  "malformed",
  "missing",
  "too_short",
  "too_long",
  /** not a domain of the agency, or not one of who imports */
  "domain_unknown",
  /** somebody has it already */
  "address_exists",
  /** another line has it, see `otherLine` */
  "twice",
  "group_unknown",
  "role_unknown",
  /** who imports may not give roles */
  "role_forbidden",
  "locale_unknown",
  "quota_unreadable",
  /** the line has more columns than the header */
  "too_many_columns",
]);
export type ImportErrorCode = z.output<typeof ImportErrorCode>;

export const ImportError = z.object({
  /** of the file, as an editor counts; the header is 1 */
  line: z.int(),
  column: ImportColumn.nullable(),
  code: ImportErrorCode,
  /** what stands there; never a password */
  value: z.string(),
  otherLine: z.int().nullable(),
});
export type ImportError = z.output<typeof ImportError>;

/** checked: can be started. running, done: as they say. expired: what it had is deleted. */
const ImportState = z.enum(["checked", "running", "done", "expired"]);
export type ImportState = z.output<typeof ImportState>;

/** One list of people. */
export const PeopleImport = z.object({
  id: z.string(),
  state: ImportState,
  /** ISO 8601 */
  createdAt: z.string(),
  /** an address */
  createdBy: z.string(),
  onExisting: OnExisting,
  access: ImportAccess,
  encoding: z.enum(["utf-8", "utf-16le", "utf-16be", "windows-1252", "windows-1253"]),
  separator: z.enum([",", ";", "tab"]),
  /** the columns that were recognised, in their order, and headers that were not */
  columns: z.array(ImportColumn),
  unknownHeaders: z.array(z.string()),
  /** lines with a person */
  total: z.int(),
  /** of them: without an error and new; without an error and there already; with an error */
  fresh: z.int(),
  existing: z.int(),
  faulty: z.int(),
  /** all errors, and the first 200 of them by line */
  errorCount: z.int(),
  errors: z.array(ImportError),
  /** the first ten lines as they were understood, without passwords */
  sample: z.array(z.object({ line: z.int(), address: z.string(), name: z.string() })),
  /** once it is started: lines that are done, and what became of them */
  done: z.int(),
  created: z.int(),
  updated: z.int(),
  skipped: z.int(),
  /** lines that went wrong only after the start, for instance since the address was taken meanwhile */
  failed: z.int(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  /** the result can be downloaded until then; null: not ready, or gone */
  resultUntil: z.string().nullable(),
});
export type PeopleImport = z.output<typeof PeopleImport>;

/** `GET /v1/people-imports` (imports:read): newest first, without `errors` and `sample` (both are empty). */
export const PeopleImportsQuery = PageQuery;
export const PeopleImportsPage = pageOf(PeopleImport);

/** `POST /v1/people-imports?onExisting=&access=` (imports:write and people:write), the body is the file, `content-type: text/csv`, at most 4 MiB and 20,000 lines →
 * 201 `PeopleImport`: nobody is made yet. 400: no list at all (`errors[].field` = "file", `code` = "empty" | "no_address_column" | "too_many_lines" | "malformed"). */
export const NewImportQuery = z.object({
  onExisting: OnExisting.default("refuse"),
  access: ImportAccess.default("generate"),
});

/** `GET /v1/people-imports/{id}` (imports:read) → `PeopleImport`
 * `POST /v1/people-imports/{id}/start` (imports:write) → 202 `PeopleImport`; 409 `import_closed`: started already; 422 `import_faulty`: some
 * lines have errors, and they are not to be left out. */
export const StartImport = z.strictObject({ leaveOutFaulty: z.boolean().default(false) });

/** `GET /v1/people-imports/{id}/result` (imports:write) → `text/csv` (UTF-8 with BOM): line, address, name, result, password, link. 409
 * `import_running`; 410 `link_expired`: deleted after 24 hours or once the download was confirmed.
 * `DELETE /v1/people-imports/{id}/result` (imports:write) → 204: the download is confirmed, the passwords are deleted.
 * `DELETE /v1/people-imports/{id}` (imports:write) → 204: a list that is not running is forgotten; the people stay. */
export const ResultColumn = z.enum(["line", "address", "name", "result", "password", "link"]);
