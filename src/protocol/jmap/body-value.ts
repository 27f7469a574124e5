import { decodeText, utf8Cut } from "../encoding/index.ts";

/** RFC 8621 §4.1.4 */
export interface EmailBodyValue {
  readonly value: string;
  readonly isEncodingProblem: boolean;
  readonly isTruncated: boolean;
}

const KNOWN_ENCODINGS = new Set(["7bit", "8bit", "binary", "base64", "quoted-printable"]);
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A text part for JMAP.
 * @param bytes of the part after transfer decoding
 * @param maxBytes of UTF-8 that the value may take; 0: no limit */
export function bodyValue(
  bytes: Uint8Array,
  part: { readonly type: string; readonly charset: string | null; readonly encoding: string },
  maxBytes: number,
): EmailBodyValue {
  const { text, problem } = decodeText(bytes, part.charset);
  const full = text.replaceAll("\r\n", "\n").replaceAll("\0", "");
  const isEncodingProblem = problem || !KNOWN_ENCODINGS.has(part.encoding);
  const utf8 = maxBytes > 0 && full.length * 3 > maxBytes ? encoder.encode(full) : null;
  if (utf8 === null || utf8.length <= maxBytes) return { value: full, isEncodingProblem, isTruncated: false };
  const cut = decoder.decode(utf8.subarray(0, utf8Cut(utf8, 0, maxBytes)));
  return { value: part.type === "text/html" ? cutBeforeTag(cut) : cut, isEncodingProblem, isTruncated: true };
}

/** HTML isn't cut inside a tag (RFC 8621 §4.2), unless the tag is all there is. */
function cutBeforeTag(html: string): string {
  const open = html.lastIndexOf("<");
  return open > 0 && html.indexOf(">", open) < 0 ? html.slice(0, open) : html;
}
