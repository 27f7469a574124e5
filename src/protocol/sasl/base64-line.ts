import type { Parsed } from "../../kernel/parsed.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A message of a client that is not what its mechanism asks for. */
export const notThis = (expected: string): { ok: false; at: number; expected: string } => ({
  ok: false,
  at: 0,
  expected,
});

/** @throws {TypeError} bytes that are no UTF-8 */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** Base64 with its padding (RFC 4648 §4), and nothing else. */
export function fromBase64(text: string): Parsed<Bytes> {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return notThis("base64");
  return { ok: true, value: Uint8Array.from(atob(text), (char) => char.charCodeAt(0)) };
}

/** Decodes the base64 text of one line of a SASL exchange; `=` stands for an empty one (RFC 4954 §4, RFC 4959 §3). */
export function decodeSaslLine(line: string): Parsed<string> {
  if (line === "=") return { ok: true, value: "" };
  const bytes = fromBase64(line);
  if (!bytes.ok) return bytes;
  try {
    return { ok: true, value: strictUtf8.decode(bytes.value) };
  } catch {
    return notThis("UTF-8");
  }
}

/** A challenge as it goes on the wire. */
export const encodeSaslLine = (text: string): string => toBase64(encoder.encode(text));
