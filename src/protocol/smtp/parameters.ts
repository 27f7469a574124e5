import type { Parsed } from "../../kernel/parsed.ts";

/** Parameters of MAIL or RCPT by upper-case keyword; null is a keyword without value. */
export type EsmtpParameters = ReadonlyMap<string, string | null>;

const PARAMETER = /^([a-z0-9][a-z0-9-]*)(?:=([!-<>-~\u{A1}-\u{10FFFF}]+))?$/iu;

/** Parses `*(SP keyword [= value])` from `from` to the end of the text (RFC 5321 §4.1.2). A keyword comes once. */
export function parseParameters(text: string, from: number): Parsed<EsmtpParameters> {
  const parameters = new Map<string, string | null>();
  let at = from;
  while (at < text.length) {
    if (text[at] !== " ") return { ok: false, at, expected: "SP" };
    while (text[at] === " ") at++;
    if (at === text.length) break;
    const next = text.indexOf(" ", at);
    const end = next < 0 ? text.length : next;
    const match = PARAMETER.exec(text.slice(at, end));
    const keyword = match?.[1]?.toUpperCase();
    if (match === null || keyword === undefined || parameters.has(keyword))
      return { ok: false, at, expected: "keyword=value" };
    parameters.set(keyword, match[2] ?? null);
    at = end;
  }
  return { ok: true, value: parameters };
}

/** Undoes xtext (RFC 3461 §4): `+3D` is `=`. @returns null if it is no xtext, or holds a control character */
export function decodeXtext(text: string): string | null {
  if (!/^(?:[!-*,-<>-~]|\+[0-9A-F]{2})*$/.test(text)) return null;
  const decoded = text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return /^[\x20-\x7E]*$/.test(decoded) ? decoded : null;
}

/** Writes printable US-ASCII as xtext (RFC 3461 §4). */
export function encodeXtext(text: string): string {
  return text.replace(
    /[^!-*,-<>-~]/g,
    (char) => `+${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
