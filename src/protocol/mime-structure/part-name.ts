import { decodeWords, parameter } from "../header/index.ts";
import type { MimePart } from "./mime-index.ts";

/** The declared `type/subtype`: what JMAP tells, where IMAP may need another. */
export function declaredType(part: MimePart): string {
  return part.was ?? `${part.type}/${part.sub}`;
}

/** Octets of the body after transfer decoding. */
export function decodedSize(part: MimePart): number {
  return part.decoded ?? part.at[2] - part.at[1];
}

/** A Content-Type parameter, or null. @param name in lower case */
export function typeParameter(part: MimePart, name: string): string | null {
  return part.params === undefined ? null : parameter(part.params, name);
}

/** File name as written, encoded words not decoded (RFC 2183 §2.3; old mailers put it into Content-Type). */
export function rawFileName(part: MimePart): string | null {
  const given = part.dispParams === undefined ? null : parameter(part.dispParams, "filename");
  return given ?? typeParameter(part, "name");
}

/**
 * File name for people and for JMAP: encoded words decoded, although RFC 2047 §5 forbids them in parameters, and line
 * ends and the like made blanks, because it goes into HTTP headers and file systems.
 */
export function fileName(part: MimePart): string | null {
  const raw = rawFileName(part);
  return raw === null
    ? null
    : decodeWords(raw)
        .replace(/\p{Cc}+/gu, " ")
        .trim();
}
