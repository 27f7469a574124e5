import { ResultColumn } from "../contract/people-imports.ts";
import type { TenantId } from "../kernel/id.ts";
import type { Tenancy } from "../tenants/index.ts";
import { listResults } from "./import.store.ts";

/** How long a result with its passwords is kept. */
export const RESULT_MS = 24 * 3_600_000;

/** What became of one line. */
export interface ResultLine {
  readonly line: number;
  readonly address: string;
  readonly name: string;
  /** created, updated, skipped, or `failed: <code>` */
  readonly result: string;
  /** a password that was made; "" for none, and for one that was in the list */
  readonly password: string;
  readonly link: string;
}

const COLUMNS = ResultColumn.options;

export const resultSecret = (id: string, from: number): string => `people-import-result:${id}:${from}`;

/** A cell of a file that a spreadsheet opens: what begins like a formula is a text all the same. */
function cell(value: string | number): string {
  const text = String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The result of a list as CSV with a byte order mark, so that spreadsheets read it as UTF-8.
 * @returns null: it is deleted */
export async function readResult(
  { db, keys }: Tenancy,
  tenantId: TenantId,
  id: string,
): Promise<string | null> {
  const sealed = await db.tenant(tenantId, (tx) => listResults(tx, id));
  if (sealed.length === 0) return null;
  const lines: string[] = [COLUMNS.join(",")];
  for (const chunk of sealed) {
    const bytes = await keys.openSecret(tenantId, resultSecret(id, chunk.from), chunk);
    const batch: ResultLine[] = JSON.parse(new TextDecoder().decode(bytes));
    for (const line of batch) lines.push(COLUMNS.map((column) => cell(line[column])).join(","));
  }
  return `\uFEFF${lines.join("\r\n")}\r\n`;
}
