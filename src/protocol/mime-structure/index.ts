export { decodeText, decodeTransfer, newTransferDecoder } from "../encoding/index.ts";
export type { DecodedText, TransferDecoder } from "../encoding/index.ts";
export { afterHeaderChange } from "./after-header-change.ts";
export type { HeaderChange } from "./after-header-change.ts";
export { bodyParts } from "./body-parts.ts";
export type { BlobRange, BodyPart, BodyParts } from "./body-parts.ts";
export { imapEnvelope } from "./envelope.ts";
export { emailAddresses } from "./envelope-addresses.ts";
export { htmlToText } from "./html-text.ts";
export { indexMessage, newMimeIndexer } from "./indexer.ts";
export type { MimeIndexer } from "./indexer.ts";
export type {
  Envelope,
  EnvelopeAddress,
  MimeIndex,
  MimeLimits,
  MimePart,
  NestedMessage,
} from "./mime-index.ts";
export { decodedSize, declaredType, typeParameter } from "./part-name.ts";
export { partByPath, sectionRange } from "./sections.ts";
export type { ByteRange, SectionText } from "./sections.ts";
