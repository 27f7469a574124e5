import { parameter, parseParameterised } from "../header/index.ts";
import type { Parameterised } from "../header/index.ts";
import type { FieldReader } from "./header-slots.ts";
import type { MimeLimits, MimePart } from "./mime-index.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A part while its end is not known yet. */
export type OpenFields = Writable<Omit<MimePart, "at">>;

const TEXT_PLAIN: Parameterised = { value: "text", subvalue: "plain", params: [] };
const RFC_822: Parameterised = { value: "message", subvalue: "rfc822", params: [] };

/** Of a broken Content-Type only what is certain is believed (RFC 2045 §5.2 would call all of it text/plain). */
function contentType(value: string | null, inDigest: boolean): Parameterised {
  if (value === null) return inDigest ? RFC_822 : TEXT_PLAIN; // RFC 2046 §5.1.5
  const found = parseParameterised(value);
  if (found.value !== "" && found.subvalue !== null && found.subvalue !== "") return found;
  if (found.value === "" || found.value === "text") return { ...TEXT_PLAIN, params: found.params };
  return { value: "application", subvalue: "octet-stream", params: found.params };
}

function transferEncoding(value: string): string {
  const token = /^[^\s;()]{0,64}/.exec(value.toLowerCase())?.[0] ?? "";
  return token.replace(/^["']+|["']+$/g, "");
}

/** Reads the MIME fields (RFC 2045, 2183, 3282, 2557, 1864) of a part's header. */
export function readPartFields(read: FieldReader, inDigest: boolean, limits: MimeLimits): OpenFields {
  const type = contentType(read("content-type", limits.fieldBytes), inDigest);
  const part: OpenFields = { type: type.value, sub: type.subvalue ?? "plain" };
  if (type.params.length > 0) part.params = type.params;
  const encoding = transferEncoding(read("content-transfer-encoding", limits.fieldBytes) ?? "");
  if (encoding !== "" && encoding !== "7bit") part.enc = encoding;
  readSimpleFields(read, part, limits);
  const disposition = read("content-disposition", limits.fieldBytes);
  if (disposition !== null) {
    const { value, params } = parseParameterised(disposition);
    if (value !== "" || params.length > 0) part.disp = value === "" ? "attachment" : value;
    if (params.length > 0) part.dispParams = params;
  }
  const language = read("content-language", limits.fieldBytes);
  const tags =
    language === null
      ? []
      : language
          .replace(/\([^()]*\)/g, " ")
          .split(/[\s,;]+/)
          .filter((tag) => tag !== "");
  if (tags.length > 0) part.lang = tags.slice(0, 32);
  return part;
}

function readSimpleFields(read: FieldReader, part: OpenFields, limits: MimeLimits): void {
  for (const [key, name] of [
    ["id", "content-id"],
    ["desc", "content-description"],
    ["md5", "content-md5"],
    ["loc", "content-location"],
  ] as const) {
    const value = read(name, limits.fieldBytes);
    if (value !== null && value !== "") part[key] = value;
  }
}

/** True if the body has to be decoded before what is in it can be read. */
export function isEncoded(part: Pick<MimePart, "enc">): boolean {
  return part.enc === "base64" || part.enc === "quoted-printable";
}

/** Longest boundary that is believed: a line of 998 octets holds no longer one. RFC 2046 §5.1.1 allows 70. */
export const MAX_BOUNDARY = 990;

/** The boundary as bytes, or null if there is none that can be used. */
export function boundaryOf(part: OpenFields): Uint8Array | null {
  const value = part.params === undefined ? null : parameter(part.params, "boundary");
  if (value === null) return null;
  const bytes = new TextEncoder().encode(value.trimEnd());
  return bytes.length === 0 || bytes.length > MAX_BOUNDARY ? null : bytes;
}
