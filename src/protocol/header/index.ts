export { formatDateTime, parseDateTime } from "./date-time.ts";
export type { ZonedTime } from "./date-time.ts";
export { decodeWords } from "./encoded-words.ts";
export { fieldNameEnd, parseHeaders, visitHeaders } from "./header-fields.ts";
export type { HeaderField } from "./header-fields.ts";
export {
  asAddresses,
  asDate,
  asGroupedAddresses,
  asMessageIds,
  asRaw,
  asText,
  asUrls,
} from "./header-forms.ts";
export type { EmailAddress, EmailAddressGroup } from "./header-forms.ts";
export { headerText } from "./header-text.ts";
export { parseMessageIds } from "./message-ids.ts";
export { parameter, parseParameterised } from "./parameters.ts";
export type { Parameterised, Parameters } from "./parameters.ts";
