export { decodeText, guessText, strictDecoder, utf8Cut } from "./charset.ts";
export type { DecodedText } from "./charset.ts";
export { decodeTransfer, newTransferDecoder } from "./transfer.ts";
export type { TransferDecoder } from "./transfer-decoder.ts";
export { Base64Length } from "./base64.ts";
export { newQuotedPrintableDecoder } from "./quoted-printable.ts";
