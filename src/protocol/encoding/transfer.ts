import { newBase64Decoder } from "./base64.ts";
import { newQuotedPrintableDecoder } from "./quoted-printable.ts";
import type { TransferDecoder } from "./transfer-decoder.ts";

const NONE = new Uint8Array(0);
const identity: TransferDecoder = { push: (chunk) => chunk, end: () => NONE };

/** A decoder for a Content-Transfer-Encoding (RFC 2045 §6). Unknown encodings, and 7bit, 8bit and binary, change nothing. */
export function newTransferDecoder(encoding: string): TransferDecoder {
  switch (encoding.trim().toLowerCase()) {
    case "base64":
      return newBase64Decoder();
    case "quoted-printable":
      return newQuotedPrintableDecoder();
    default:
      return identity;
  }
}

/** Decodes a whole body at once. @see newTransferDecoder for bodies that should not be in memory whole. */
export function decodeTransfer(bytes: Uint8Array, encoding: string): Uint8Array {
  const decoder = newTransferDecoder(encoding);
  const head = decoder.push(bytes);
  const tail = decoder.end();
  if (tail.length === 0) return head;
  const all = new Uint8Array(head.length + tail.length);
  all.set(head);
  all.set(tail, head.length);
  return all;
}
