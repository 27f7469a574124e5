import {
  asAddresses,
  asDate,
  asGroupedAddresses,
  asMessageIds,
  asRaw,
  asText,
  asUrls,
  formatDateTime,
  type HeaderField,
  headerText,
} from "../header/index.ts";
import type { HeaderForm, HeaderProperty } from "./header-property.ts";

/** How each form reads an unfolded value. */
const READ: Readonly<Record<Exclude<HeaderForm, "Raw">, (text: string) => unknown>> = {
  Text: asText,
  Addresses: asAddresses,
  GroupedAddresses: asGroupedAddresses,
  MessageIds: asMessageIds,
  URLs: asUrls,
  Date: (text) => {
    const time = asDate(text);
    return time === null ? null : formatDateTime(time);
  },
};

function readForm(bytes: Uint8Array, field: HeaderField, form: HeaderForm): unknown {
  return form === "Raw"
    ? asRaw(bytes, field)
    : READ[form](headerText(bytes, field.valueStart, field.valueEnd));
}

/** The value of a header property: of the last instance, or null; with `:all` a list of all instances. */
export function readHeaderProperty(
  bytes: Uint8Array,
  fields: readonly HeaderField[],
  { field, form, all }: HeaderProperty,
): unknown {
  const name = field.toLowerCase();
  const found = fields.filter((one) => one.name.toLowerCase() === name);
  if (all) return found.map((one) => readForm(bytes, one, form));
  const last = found.at(-1);
  return last === undefined ? null : readForm(bytes, last, form);
}
