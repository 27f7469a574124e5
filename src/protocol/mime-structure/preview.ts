import { decodeText, decodeTransfer, utf8Cut } from "../encoding/index.ts";
import { bodyLists } from "./body-lists.ts";
import { htmlToText } from "./html-text.ts";
import type { MimePart } from "./mime-index.ts";
import { typeParameter } from "./part-name.ts";

const PREVIEW_CHARS = 256;

/** Most texts give 256 characters within so many octets; only if not, all that was kept is decoded. */
const ENOUGH_PLAIN_BYTES = 1024;
const ENOUGH_HTML_BYTES = 4096;

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
    const enough = part.sub === "html" ? ENOUGH_HTML_BYTES : ENOUGH_PLAIN_BYTES;
    let preview = partPreview(part, bytes.subarray(0, enough));
    if (preview.length < PREVIEW_CHARS - 8 && bytes.length > enough) preview = partPreview(part, bytes);
    if (preview !== "") return preview;
  }
  return "";
}

function partPreview(part: MimePart, bytes: Uint8Array): string {
  const decoded = decodeTransfer(bytes, part.enc ?? "7bit");
  const charset = typeParameter(part, "charset");
  // Only a beginning was kept: its last character may be cut.
  const mayBeUtf8 = charset === null || /^["\s]*(?:utf-?8|us-ascii)/i.test(charset);
  const end = mayBeUtf8 ? utf8Cut(decoded, 0, decoded.length) : decoded.length;
  const { text } = decodeText(decoded.subarray(0, end), charset);
  return shorten(part.sub === "html" ? htmlToText(text) : text);
}

function shorten(text: string): string {
  let preview = "";
  let wordStart = -1;
  for (let i = 0; i <= text.length; i++) {
    const isBlank = i === text.length || isBlankAt(text, i);
    if (!isBlank && wordStart < 0) wordStart = i;
    if (!isBlank || wordStart < 0) continue;
    preview += `${preview === "" ? "" : " "}${text.slice(wordStart, i)}`;
    if (preview.length >= PREVIEW_CHARS) break;
    wordStart = -1;
  }
  const last = preview.charCodeAt(PREVIEW_CHARS - 1);
  const end = last >= 0xd800 && last < 0xdc00 ? PREVIEW_CHARS - 1 : PREVIEW_CHARS;
  return preview.slice(0, end).toWellFormed().trimEnd();
}

/** Code units from 127 on that show nothing. Marketing mail pads its preview with them. */
const INVISIBLE: readonly (readonly [from: number, to: number])[] = [
  [0x7f, 0xa0],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x1680, 0x1680],
  [0x180e, 0x180e],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x2800, 0x2800],
  [0x3000, 0x3000],
  [0x3164, 0x3164],
  [0xfeff, 0xfeff],
];

/** White space, a control character, or something invisible. */
function isBlankAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 0x7f) return code <= 32;
  // Joiners belong to Persian words and to emoji: between two visible characters they stay.
  if (code === 0x200c || code === 0x200d) {
    return (
      at === 0 || isPlainBlank(text.charCodeAt(at - 1)) || at + 1 === text.length || isBlankAt(text, at + 1)
    );
  }
  return isPlainBlank(code);
}

function isPlainBlank(code: number): boolean {
  return code <= 32 || (code >= 0x7f && INVISIBLE.some(([from, to]) => code >= from && code <= to));
}
