export { decodeWords } from "./encoded-words.ts";
export { parseDateTime } from "./date-time.ts";
export type { ZonedTime } from "./date-time.ts";
export { fieldNameEnd, parseHeaders, visitHeaders } from "./header-fields.ts";
export type { HeaderField } from "./header-fields.ts";
export { headerText } from "./header-text.ts";
export { parseMessageIds } from "./message-ids.ts";
export { parameter, parseParameterised } from "./parameters.ts";
export type { Parameterised, Parameters } from "./parameters.ts";
