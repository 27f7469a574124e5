import { decodeText, decodeTransfer, utf8Cut } from "../encoding/index.ts";
import { bodyLists } from "./body-lists.ts";
import { htmlToText } from "./html-text.ts";
import type { MimePart } from "./mime-index.ts";
import { typeParameter } from "./part-name.ts";

const PREVIEW_CHARS = 256;

/**
 * The first text of a message in at most 256 characters (RFC 8621 §4.1.4), from the first bytes of its bodies.
 *
 * @param head the first bytes of a part's body, still encoded, or null if they were not kept
 */
export function previewOf(root: MimePart, head: (part: MimePart) => Uint8Array | null): string {
  const { textBody, htmlBody } = bodyLists(root);
  for (const { part } of [...textBody, ...htmlBody]) {
    const bytes = part.type === "text" ? head(part) : null;
    if (bytes === null || bytes.length === 0) continue;
    const decoded = decodeTransfer(bytes, part.enc ?? "7bit");
    // Only a beginning was kept: its last character may be cut.
    const whole = decoded.subarray(0, utf8Cut(decoded, 0, decoded.length));
    const { text } = decodeText(whole, typeParameter(part, "charset"));
    const preview = shorten(part.sub === "html" ? htmlToText(text) : text);
    if (preview !== "") return preview;
  }
  return "";
}

/** White space, control characters, and the invisible ones that marketing mail pads its preview with. */
const BLANK = /[\s\p{Cc}\p{Cf}\u{34F}\u{115F}\u{2800}]+/gu;

function shorten(text: string): string {
  const plain = text.slice(0, 16_384).replace(BLANK, " ").trim().slice(0, PREVIEW_CHARS);
  const last = plain.charCodeAt(plain.length - 1);
  const whole = last >= 0xd800 && last < 0xdc00 ? plain.slice(0, -1) : plain;
  return whole.toWellFormed().trimEnd();
}
