import { guessText, utf8Cut } from "../encoding/index.ts";

/**
 * The value of a header field as text: unfolded (RFC 5322 §2.2.3), without white space around it and without NUL
 * (Postgres can't store it); raw 8-bit bytes are taken as UTF-8 (RFC 6532), else as windows-1252. Encoded words stay.
 *
 * @param maxBytes at most so many bytes of the value are used
 */
export function headerText(bytes: Uint8Array, from: number, to: number, maxBytes = Infinity): string {
  let start = from;
  let end = to;
  while (start < end && (bytes[start] ?? 0) <= 32) start++;
  while (end > start && (bytes[end - 1] ?? 0) <= 32) end--;
  if (end - start > maxBytes) end = utf8Cut(bytes, start, start + maxBytes);
  const text = guessText(bytes.subarray(start, end));
  // oxlint-disable-next-line no-control-regex -- these are the characters to find
  return /[\r\n\0]/.test(text) ? text.replace(/[\r\n\0]+/g, "") : text;
}
