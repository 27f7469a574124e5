export { type ByteSource, composeMessage, type ComposePart } from "./compose-message.ts";
export { foldTokens } from "./fold.ts";
export { type ComposeAddress, type ComposeGroup, type HeaderValue, printHeaderField } from "./header-line.ts";
export { encodeQuotedPrintable } from "./quoted-printable.ts";
export { printMailDate } from "./mail-date.ts";
export { parameterised } from "./parameters.ts";
