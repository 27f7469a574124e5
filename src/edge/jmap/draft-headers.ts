import { z } from "zod";
import { type HeaderValue, printHeaderField } from "../../protocol/compose/index.ts";
import {
  CONVENIENCE,
  type HeaderForm,
  type JsonObject,
  parseHeaderProperty,
  parseJsonDate,
} from "../../protocol/jmap/index.ts";

const Address = z.object({ name: z.string().nullish(), email: z.string() });
const toAddress = ({ name, email }: z.output<typeof Address>): { name: string | null; email: string } => ({
  name: name ?? null,
  email,
});
const Addresses = z.array(Address).transform((list) => list.map(toAddress));
const Groups = z
  .array(z.object({ name: z.string().nullish(), addresses: Addresses }))
  .transform((list) => list.map(({ name, addresses }) => ({ name: name ?? null, addresses })));
const JsonDate = z.string().transform((text, issues) => {
  const date = parseJsonDate(text);
  if (date === null) {
    issues.addIssue("not a Date");
    return z.NEVER;
  }
  return date;
});

/** A field's value in one of its forms, from JSON; null when it isn't one. */
function headerValue(form: HeaderForm, value: unknown): HeaderValue | null {
  const read = <T, V extends HeaderValue>(schema: z.ZodType<T>, make: (parsed: T) => V): V | null => {
    const parsed = schema.safeParse(value);
    return parsed.success ? make(parsed.data) : null;
  };
  if (form === "Raw" || form === "Text") return read(z.string(), (text) => ({ form, value: text }));
  if (form === "Addresses") return read(Addresses, (list) => ({ form, value: list }));
  if (form === "GroupedAddresses") return read(Groups, (list) => ({ form, value: list }));
  if (form === "Date") return read(JsonDate, (date) => ({ form, value: date }));
  return read(z.array(z.string()), (list) => ({ form, value: list }));
}

/** Printed fields by their name in lower case. */
export interface PrintedHeaders {
  readonly fields: ReadonlyMap<string, string>;
  /** Properties that can't be in a header, or that name one field twice. */
  readonly invalid: readonly string[];
}

const isEmpty = (value: unknown): boolean => value === null || (Array.isArray(value) && value.length === 0);

/** Prints the header fields that an object's properties ask for (RFC 8621 §4.6).
 * @param isAllowed whether a field (in lower case) may be set here
 * @param withShortNames whether `from`, `subject`, … are header properties of the object */
export function printDraftHeaders(
  given: JsonObject,
  withShortNames: boolean,
  isAllowed: (field: string) => boolean,
): PrintedHeaders {
  const fields = new Map<string, string>();
  const seen = new Map<string, string>();
  const invalid = new Set<string>();
  for (const [property, value] of Object.entries(given)) {
    const short = withShortNames ? CONVENIENCE[property] : undefined;
    const parsed = property.startsWith("header:") ? parseHeaderProperty(property) : undefined;
    if (short === undefined && parsed === undefined) continue;
    const target = short === undefined ? parsed : { field: short[0], form: short[1], all: false };
    if (target === null || target === undefined) {
      invalid.add(property);
      continue;
    }
    const key = target.field.toLowerCase();
    const twin = seen.get(key);
    if (twin !== undefined) invalid.add(twin).add(property);
    seen.set(key, property);
    if (isEmpty(value)) continue;
    const printed = printAll(target.field, target.form, target.all ? value : [value]);
    if (printed === null || !isAllowed(key)) invalid.add(property);
    else fields.set(key, printed);
  }
  return { fields, invalid: [...invalid] };
}

function printAll(field: string, form: HeaderForm, values: unknown): string | null {
  if (!Array.isArray(values)) return null;
  let text = "";
  for (const value of values as readonly unknown[]) {
    const parsed = headerValue(form, value);
    const printed = parsed === null ? null : printHeaderField(field, parsed);
    if (printed === null) return null;
    text += printed;
  }
  return text;
}
