import type { ImportColumn, PeopleImport } from "../contract/people-imports.ts";
import { MailError } from "../kernel/error.ts";
import { type CsvRecord, parseCsv, separatorOf } from "../protocol/csv/parse-csv.ts";

/** Lines of one list. */
const LINES_MAX = 20_000;

/** A list of people as it stands in the file. */
export interface PeopleList {
  readonly encoding: PeopleImport["encoding"];
  readonly separator: PeopleImport["separator"];
  readonly columns: readonly ImportColumn[];
  readonly unknownHeaders: readonly string[];
  readonly lines: readonly ListLine[];
}

export interface ListLine {
  /** as an editor counts */
  readonly line: number;
  readonly fields: Readonly<Partial<Record<ImportColumn, string>>>;
  /** there is more in the line than the header has columns */
  readonly isTooLong: boolean;
}

const HEADERS: Readonly<Record<string, ImportColumn>> = Object.fromEntries(
  (
    [
      ["address", "address email mail emailaddress mailaddress mailbox"],
      [
        "address",
        "διευθυνση ηλεκτρονικηδιευθυνση ηλεκτρονικοταχυδρομειο διευθυνσηηλεκτρονικουταχυδρομειου θυριδα",
      ],
      ["name", "name fullname displayname ονομα ονοματεπωνυμο"],
      ["password", "password κωδικοσ κωδικοσπροσβασησ συνθηματικο"],
      ["quota", "quota storage size χωροσ οριο χωρητικοτητα"],
      ["aliases", "alias aliases otheraddresses ψευδωνυμα ψευδωνυμο αλλεσδιευθυνσεισ προσθετεσδιευθυνσεισ"],
      ["groups", "group groups ομαδα ομαδεσ"],
      ["role", "role roles ρολοσ"],
      ["locale", "locale language lang γλωσσα"],
    ] as const
  ).flatMap(([column, words]) => words.split(" ").map((word) => [word, column])),
);

/** Letters without case, accents and signs, with one sigma. */
export const foldWord = (text: string): string =>
  text
    .normalize("NFD")
    .toLowerCase()
    .replaceAll(/[^\p{L}]/gu, "")
    .replaceAll("ς", "σ");

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

function decodes(decoder: TextDecoder, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Greek words are rows of octets with the high bit set; western ones have some between letters of ASCII. */
function isGreek(bytes: Uint8Array): boolean {
  let [inRows, alone] = [0, 0];
  for (const [at, byte] of bytes.entries()) {
    if (byte < 0xb8) continue;
    const hasNeighbour = (bytes[at - 1] ?? 0) >= 0xb8 || (bytes[at + 1] ?? 0) >= 0xb8;
    if (hasNeighbour) inRows += 1;
    else alone += 1;
  }
  return inRows > alone;
}

/** What a spreadsheet may have written: UTF-16 has its mark, or a zero in every other octet; UTF-8 is what can be read as such. */
function decodeList(bytes: Uint8Array): { text: string; encoding: PeopleImport["encoding"] } {
  const [first, second] = bytes;
  const isLittle = (first === 0xff && second === 0xfe) || (second === 0 && first !== 0);
  const isBig = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0);
  for (const [is, encoding] of [
    [isLittle, "utf-16le"],
    [isBig, "utf-16be"],
  ] as const)
    if (is) return { text: new TextDecoder(encoding).decode(bytes), encoding };
  const text = decodes(utf8, bytes);
  if (text !== undefined) return { text, encoding: "utf-8" };
  const encoding = isGreek(bytes) ? "windows-1253" : "windows-1252";
  return { text: new TextDecoder(encoding).decode(bytes), encoding };
}

const refuse = (code: string, detail: object = {}): MailError =>
  new MailError("invalid_input", { errors: [{ field: "file", code }], ...detail });

/** What a cell says: without spaces around it, and without what Excel puts before a text that is to stay one (`="0123"`, `'0123`). */
function cell(text: string): string {
  const plain = text.replaceAll(/[\u00a0\u200b\ufeff]/g, " ").trim();
  return /^="(.*)"$/s.exec(plain)?.[1] ?? plain;
}

/** Reads a list of people. @throws {MailError} invalid_input: it is none */
export function readList(bytes: Uint8Array): PeopleList {
  const { text: whole, encoding } = decodeList(bytes);
  if (whole.includes("\0")) throw refuse("malformed");
  // Excel's own line about the separator counts as a line.
  const said = /^\uFEFF?sep=([,;\t])\r?\n/i.exec(whole);
  const text = said === null ? whole : whole.slice(said[0].length);
  const separator =
    said?.[1] === "," || said?.[1] === ";" || said?.[1] === "\t" ? said[1] : separatorOf(text);
  const parsed = parseCsv(text, separator);
  if (!parsed.ok) throw refuse("malformed", { at: parsed.at, expected: parsed.expected });
  const records = parsed.value.filter((record) => record.fields.some((field) => cell(field) !== ""));
  const [head, ...rest] = records;
  if (head === undefined || rest.length === 0) throw refuse("empty");
  if (rest.length > LINES_MAX) throw refuse("too_many_lines");
  const columns = head.fields.map((header) => HEADERS[foldWord(header)]);
  if (!columns.includes("address")) throw refuse("no_address_column");
  return {
    encoding,
    separator: separator === "\t" ? "tab" : separator,
    columns: [...new Set(columns.filter((one) => one !== undefined))],
    unknownHeaders: head.fields
      .filter((header, at) => columns[at] === undefined && cell(header) !== "")
      .slice(0, 50)
      .map((header) => cell(header).slice(0, 100)),
    lines: rest.map((record) => lineOf(record, columns, said === null ? 0 : 1)),
  };
}

function lineOf(
  { line, fields }: CsvRecord,
  columns: readonly (ImportColumn | undefined)[],
  before: number,
): ListLine {
  const found: Partial<Record<ImportColumn, string>> = {};
  for (const [at, column] of columns.entries())
    if (column !== undefined) found[column] ??= cell(fields[at] ?? "");
  const isTooLong = fields.slice(columns.length).some((field) => cell(field) !== "");
  return { line: line + before, fields: found, isTooLong };
}
