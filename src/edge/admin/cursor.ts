import { z } from "zod";
import { MailError } from "../../kernel/error.ts";

/** Where a page ended, as the opaque text that stands in `nextCursor`: the key of its last row, in URL-safe letters. */
function printCursor(key: readonly string[]): string {
  const octets = new TextEncoder().encode(JSON.stringify(key));
  return btoa(String.fromCharCode(...octets))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

function parse(cursor: string): unknown {
  try {
    const octets = Uint8Array.from(atob(cursor.replaceAll("-", "+").replaceAll("_", "/")), (char) =>
      char.charCodeAt(0),
    );
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets));
  } catch {
    return undefined;
  }
}

/** @param cursor of a query   @param schema of the key   @returns null: it is the first page @throws {MailError} invalid_input */
export function readCursor<S extends z.ZodType>(cursor: string | undefined, schema: S): z.output<S> | null {
  if (cursor === undefined) return null;
  const key = schema.safeParse(parse(cursor));
  if (!key.success)
    throw new MailError("invalid_input", { errors: [{ field: "cursor", code: "malformed" }] });
  return key.data;
}

/** The key of a list that is in the order of one text without a NUL, which PostgreSQL takes in no text. */
export const TextKey = z.tuple([
  z
    .string()
    .max(400)
    .regex(/^[^\0]*$/),
]);
/** The key of a list that is in the order of a UUID. */
export const UuidKey = z.tuple([z.uuid()]);

/** What was read, one row more than `limit`, as a page. @param keyOf the key by which the next page seeks */
export function pageAfter<T>(
  rows: readonly T[],
  limit: number,
  keyOf: (row: T) => readonly string[],
): { items: T[]; nextCursor: string | null } {
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last === undefined ? null : printCursor(keyOf(last)) };
}
