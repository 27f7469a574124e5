import { decodeText, decodeTransfer } from "../encoding/index.ts";

/** `=?charset*language?B|Q?text?=` (RFC 2047 §2, RFC 2231 §5). Real mail also has blanks in the text. */
const WORD = /=\?([^?\s*]{1,64})(?:\*[^?\s]{0,64})?\?([bq])\?([^?\r\n]*)\?=/gi;

const encoder = new TextEncoder();

function wordBytes(encoding: string, text: string): Uint8Array {
  if (encoding === "b" || encoding === "B") return decodeTransfer(encoder.encode(text), "base64");
  const bytes: number[] = [];
  const raw = encoder.encode(text);
  for (let i = 0; i < raw.length; i++) {
    const byte = raw[i] ?? 0;
    const hex = byte === 61 ? String.fromCharCode(raw[i + 1] ?? 0, raw[i + 2] ?? 0) : "";
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      i += 2;
    } else bytes.push(byte === 95 ? 32 : byte);
  }
  return Uint8Array.from(bytes);
}

/** Neighbours of one charset: they are decoded together, because some mailers split a character between words. */
interface Run {
  readonly charset: string;
  readonly bytes: Uint8Array[];
}

function runText(run: Run): string {
  let length = 0;
  for (const bytes of run.bytes) length += bytes.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const bytes of run.bytes) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return decodeText(all, run.charset).text;
}

/**
 * Decodes the encoded words of an unfolded header value (RFC 2047). White space between two of them goes (§6.2);
 * what is no encoded word stays as it is.
 */
export function decodeWords(value: string): string {
  if (!value.includes("=?")) return value;
  const pieces: string[] = [];
  let run: Run | null = null;
  let at = 0;
  for (const match of value.matchAll(WORD)) {
    const [whole, charset = "", encoding = "", text = ""] = match;
    const between = value.slice(at, match.index);
    const adjacent = run !== null && /^\s*$/.test(between);
    const bytes = wordBytes(encoding, text);
    if (adjacent && run !== null && run.charset === charset.toLowerCase()) {
      run.bytes.push(bytes);
    } else {
      if (run !== null) pieces.push(runText(run));
      if (!adjacent) pieces.push(between);
      run = { charset: charset.toLowerCase(), bytes: [bytes] };
    }
    at = match.index + whole.length;
  }
  if (run !== null) pieces.push(runText(run));
  pieces.push(value.slice(at));
  return pieces.join("").replaceAll("\0", "");
}
