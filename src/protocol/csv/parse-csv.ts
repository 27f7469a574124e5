import type { Parsed } from "../../kernel/parsed.ts";

/** One record, with the line (from 1) on which it begins. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** What stands between the fields of a record. */
export type CsvSeparator = "," | ";" | "\t";

/** What its first line says that stands between the fields. A list that has semicolons and no comma there is taken with semicolons, as
 * spreadsheets of many countries write them; tabs are what they write as "Unicode text". */
export function separatorOf(text: string): CsvSeparator {
  const head = /[^\r\n]*/.exec(text.replace(/^\uFEFF/, ""))?.[0] ?? "";
  if (head.includes("\t")) return "\t";
  return head.includes(",") || !head.includes(";") ? "," : ";";
}

/** Parses comma-separated values (RFC 4180): quoted fields, doubled quotes, CRLF or LF, a byte order mark. Empty lines are
 * left out. */
export function parseCsv(text: string, separator: CsvSeparator = separatorOf(text)): Parsed<CsvRecord[]> {
  const start = text.startsWith("\uFEFF") ? 1 : 0;
  // A field is quoted, or runs up to the next separator or line end.
  const field = new RegExp(`"((?:[^"]|"")*)"|([^"${separator}\\r\\n][^${separator}\\r\\n]*)?`, "y");
  const records: CsvRecord[] = [];
  let [line, began, at] = [1, 1, start];
  let fields: string[] = [];
  for (;;) {
    field.lastIndex = at;
    const match = field.exec(text);
    if (match === null)
      return { ok: false, at, expected: `the end of a quoted field that begins on line ${line}` };
    const [whole, quoted, bare = ""] = match;
    at += whole.length;
    line += whole.split("\n").length - 1;
    fields.push(quoted === undefined ? bare.trim() : quoted.replaceAll('""', '"'));
    const next = text[at];
    if (next === separator) {
      at += 1;
      continue;
    }
    if (next !== undefined && next !== "\r" && next !== "\n")
      return {
        ok: false,
        at,
        expected: `a comma or the end of the line after a quoted field on line ${line}`,
      };
    if (fields.length > 1 || fields[0] !== "") records.push({ line: began, fields });
    if (next === undefined) return { ok: true, value: records };
    at += text.startsWith("\r\n", at) ? 2 : 1;
    [line, fields] = [line + 1, []];
    began = line;
    if (at >= text.length) return { ok: true, value: records };
  }
}
