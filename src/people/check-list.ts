import type { ImportColumn, ImportError, ImportErrorCode, OnExisting } from "../contract/people-imports.ts";
import type { NewPersonRole } from "../contract/people.ts";
import { type Locale, PASSWORD_MAX_LENGTH } from "../contract/signup.ts";
import { normalizeAddress } from "../protocol/address/index.ts";
import { foldWord, type ListLine } from "./read-list.ts";

/** A line without an error, ready to become a person. */
export interface ImportRow {
  readonly line: number;
  /** canonical */
  readonly address: string;
  readonly name: string;
  readonly password: string | null;
  readonly quotaBytes: number | null;
  readonly aliases: readonly string[];
  /** addresses */
  readonly groups: readonly string[];
  readonly role: NewPersonRole | null;
  readonly locale: Locale | null;
}

/** What a list is checked against. */
export interface ListFacts {
  readonly primaryDomain: string;
  /** proven, and those of who imports */
  readonly domains: ReadonlySet<string>;
  /** which roles who imports may give */
  readonly roles: ReadonlySet<NewPersonRole>;
  readonly onExisting: OnExisting;
  /** what the agency demands */
  readonly passwordMinLength: number;
}

/** What is taken already: a person's address, or a group's or a shared mailbox's. */
export interface Taken {
  readonly address: string;
  /** null: a group's */
  readonly accountId: string | null;
  readonly isPerson: boolean;
}

const ROLES: Readonly<Record<string, NewPersonRole | "none">> = {
  "": "none",
  user: "none",
  χρηστησ: "none",
  admin: "admin",
  administrator: "admin",
  διαχειριστησ: "admin",
  helpdesk: "help_desk",
  υποστηριξη: "help_desk",
  auditor: "auditor",
  ελεγκτησ: "auditor",
};

const LOCALES: Readonly<Record<string, Locale>> = {
  en: "en",
  english: "en",
  αγγλικα: "en",
  el: "el",
  gr: "el",
  greek: "el",
  ελληνικα: "el",
  it: "it",
  italian: "it",
  es: "es",
  spanish: "es",
  ru: "ru",
  russian: "ru",
};

const UNITS: Readonly<Record<string, number>> = {
  "": 2 ** 30,
  kb: 2 ** 10,
  mb: 2 ** 20,
  gb: 2 ** 30,
  tb: 2 ** 40,
};
const QUOTA_MIN = 2 ** 20;
const QUOTA_MAX = 1e13;

/** "5 GB", "500 MB", "1,5"; a number alone is GB. @returns undefined: it is none */
export function readQuota(text: string): number | undefined {
  const match = /^(\d{1,9}(?:[.,]\d{1,3})?) ?(kb|mb|gb|tb)?$/i.exec(text);
  if (match?.[1] === undefined) return undefined;
  const bytes = Math.round(Number(match[1].replace(",", ".")) * (UNITS[(match[2] ?? "").toLowerCase()] ?? 0));
  return bytes >= QUOTA_MIN && bytes <= QUOTA_MAX ? bytes : undefined;
}

const several = (text: string): string[] => text.split(/[\s;|,]+/u).filter((one) => one !== "");

/** A line with what is wrong in it. */
export interface CheckedLine {
  readonly row: ImportRow;
  readonly errors: readonly ImportError[];
}

type Refuse = (column: ImportColumn | null, code: ImportErrorCode, value?: string) => void;

function canonical(
  text: string,
  { primaryDomain, domains }: ListFacts,
  refuse: (code: ImportErrorCode) => void,
): string {
  const parsed = normalizeAddress(text.includes("@") ? text : `${text}@${primaryDomain}`);
  if (!parsed.ok) {
    refuse("malformed");
    return "";
  }
  if (!domains.has(parsed.value.slice(parsed.value.lastIndexOf("@") + 1))) refuse("domain_unknown");
  return parsed.value;
}

/** Reads one line for itself. */
function checkLine({ line, fields, isTooLong }: ListLine, facts: ListFacts): CheckedLine {
  const errors: ImportError[] = [];
  const refuse: Refuse = (column, code, value = column === null ? "" : (fields[column] ?? "")) =>
    errors.push({
      line,
      column,
      code,
      value: column === "password" ? "" : value.slice(0, 100),
      otherLine: null,
    });
  const text = (column: ImportColumn): string => fields[column] ?? "";
  if (isTooLong) refuse(null, "too_many_columns");
  let address = "";
  if (text("address") === "") refuse("address", "missing");
  else address = canonical(text("address"), facts, (code) => refuse("address", code));
  if (text("name").length > 200) refuse("name", "too_long");
  const password = text("password") === "" ? null : text("password");
  if (password !== null && password.length < facts.passwordMinLength) refuse("password", "too_short");
  if (password !== null && password.length > PASSWORD_MAX_LENGTH) refuse("password", "too_long");
  const quotaBytes = text("quota") === "" ? null : readQuota(text("quota"));
  if (quotaBytes === undefined) refuse("quota", "quota_unreadable");
  const list = (column: "aliases" | "groups"): string[] => {
    const given = several(text(column)).slice(0, 50);
    return given.map((one) => canonical(one, facts, (code) => refuse(column, code, one)));
  };
  const role = ROLES[foldWord(text("role"))];
  if (role === undefined) refuse("role", "role_unknown");
  else if (role !== "none" && !facts.roles.has(role)) refuse("role", "role_forbidden");
  const locale = text("locale") === "" ? null : LOCALES[foldWord(text("locale").split("-")[0] ?? "")];
  if (locale === undefined) refuse("locale", "locale_unknown");
  const row = {
    line,
    address,
    name: text("name").slice(0, 200) || (address.split("@")[0] ?? ""),
    password,
    quotaBytes: quotaBytes ?? null,
    aliases: [...new Set(list("aliases"))].filter((one) => one !== address && one !== ""),
    groups: [...new Set(list("groups"))].filter((one) => one !== ""),
    role: role === undefined || role === "none" ? null : role,
    locale: locale ?? null,
  };
  return { row, errors };
}

/** What became of a list: the lines that can be brought in, and all errors by line. */
export interface CheckedList {
  readonly rows: readonly ImportRow[];
  readonly errors: readonly ImportError[];
  readonly fresh: number;
  readonly existing: number;
  readonly faulty: number;
}

/** Reads every line, then compares them with each other and with what is there.
 * @param look which of these addresses are taken, and which of these groups are there */
export async function checkList(
  lines: readonly ListLine[],
  facts: ListFacts,
  look: (
    addresses: readonly string[],
    groups: readonly string[],
  ) => Promise<{ readonly taken: ReadonlyMap<string, Taken>; readonly groups: ReadonlySet<string> }>,
): Promise<CheckedList> {
  const checked = lines.map((line) => checkLine(line, facts));
  const { taken, groups } = await look(
    checked.flatMap(({ row }) => [row.address, ...row.aliases]),
    checked.flatMap(({ row }) => row.groups),
  );
  const firstLine = new Map<string, number>();
  const rows: ImportRow[] = [];
  const errors: ImportError[] = [];
  let [existing, faulty] = [0, 0];
  for (const { row, errors: own } of checked) {
    const all = [...own, ...compare(row, facts, { taken, groups, firstLine })];
    for (const address of [row.address, ...row.aliases])
      if (!firstLine.has(address)) firstLine.set(address, row.line);
    errors.push(...all);
    if (all.length > 0) faulty += 1;
    else {
      rows.push(row);
      if (taken.has(row.address)) existing += 1;
    }
  }
  return { rows, errors, fresh: rows.length - existing, existing, faulty };
}

function compare(
  row: ImportRow,
  { onExisting }: ListFacts,
  known: {
    readonly taken: ReadonlyMap<string, Taken>;
    readonly groups: ReadonlySet<string>;
    readonly firstLine: ReadonlyMap<string, number>;
  },
): ImportError[] {
  const errors: ImportError[] = [];
  const { line } = row;
  const refuse = (
    column: ImportColumn,
    code: ImportErrorCode,
    value: string,
    otherLine: number | null,
  ): void => void errors.push({ line, column, code, value, otherLine });
  const owner = known.taken.get(row.address);
  if (owner !== undefined && (onExisting === "refuse" || !owner.isPerson))
    refuse("address", "address_exists", row.address, null);
  for (const [column, address] of [
    ["address", row.address] as const,
    ...row.aliases.map((alias) => ["aliases", alias] as const),
  ]) {
    const twin = address === "" ? undefined : known.firstLine.get(address);
    const holder = known.taken.get(address);
    const isOthers = holder !== undefined && (owner === undefined || holder.accountId !== owner.accountId);
    if (column === "aliases" && isOthers) refuse(column, "address_exists", address, null);
    else if (twin !== undefined) refuse(column, "twice", address, twin);
  }
  for (const group of row.groups)
    if (!known.groups.has(group)) refuse("groups", "group_unknown", group, null);
  return errors;
}
