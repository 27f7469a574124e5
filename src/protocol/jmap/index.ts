export { bodyValue, type EmailBodyValue } from "./body-value.ts";
export { readHeaderProperty } from "./header-form.ts";
export { CONVENIENCE, type HeaderForm, type HeaderProperty, parseHeaderProperty } from "./header-property.ts";
export {
  type BlobRef,
  type BlobSlice,
  type IdKind,
  parseBlobId,
  parseId,
  printBlobId,
  printId,
  sliceEncoding,
} from "./jmap-id.ts";
export { parseJsonDate, printUtcDate } from "./json-date.ts";
export { pageOf, type Window } from "./page.ts";
export { applyPatch } from "./patch.ts";
export {
  type Invocation,
  isJsonObject,
  type JmapRequest,
  type JsonObject,
  parseJmapRequest,
} from "./request.ts";
export { resolveReferences } from "./result-reference.ts";
