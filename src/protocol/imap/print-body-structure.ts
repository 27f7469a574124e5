import type { Parameters } from "../header/index.ts";
import type { MimePart } from "../mime-structure/index.ts";
import { printEnvelope } from "./print-envelope.ts";
import { printNstring, printString } from "./print-string.ts";

/**
 * Parts inside each other that are told. Some clients give up a whole connection over deeper lists (one stops at 25
 * parentheses), and no honest message comes near. Below, a part is told as a file; BODY[…] reaches all of them.
 */
const MAX_LEVELS = 20;

/**
 * Writes `body` (RFC 9051 §7.5.2).
 * @param extended with the extension data, as BODYSTRUCTURE wants it and BODY does not
 */
export function printBodyStructure(part: MimePart, extended: boolean, level = 1): string {
  const isTooDeep = level >= MAX_LEVELS && (part.parts !== undefined || part.msg !== undefined);
  if (part.parts !== undefined && !isTooDeep) return printMultipart(part, part.parts, extended, level);
  const fields = [
    ...(isTooDeep ? ['"application"', '"octet-stream"'] : [printString(part.type), printString(part.sub)]),
    printParameters(isTooDeep ? undefined : withCharset(part)),
    printNstring(part.id),
    printNstring(part.desc),
    printString(part.enc ?? "7bit"),
    String(bodyBytes(part)),
  ];
  if (part.msg !== undefined && !isTooDeep) {
    const { env, body } = part.msg;
    fields.push(printEnvelope(env), printBodyStructure(body, extended, level + 1), String(part.lines ?? 0));
  } else if (part.type === "text") fields.push(String(part.lines ?? 0));
  if (extended) fields.push(printNstring(part.md5), ...printPlacing(part));
  return `(${fields.join(" ")})`;
}

function printMultipart(
  part: MimePart,
  parts: readonly MimePart[],
  extended: boolean,
  level: number,
): string {
  const children = parts.map((child) => printBodyStructure(child, extended, level + 1)).join("");
  const fields = [children, printString(part.sub)];
  if (extended) fields.push(printParameters(part.params), ...printPlacing(part));
  return `(${fields.join(" ")})`;
}

/** A text that doesn't say otherwise is in US-ASCII (RFC 2046 §4.1.2), and the examples of RFC 9051 §8 tell it so. */
function withCharset({ type, params = [] }: MimePart): Parameters {
  if (type !== "text" || params.some(([name]) => name.toLowerCase() === "charset")) return params;
  return [...params, ["charset", "us-ascii"]];
}

/** Octets of the body as it stands in the message, transfer encoding included. */
function bodyBytes({ at: [, bodyStart, bodyEnd] }: MimePart): number {
  return bodyEnd - bodyStart;
}

/** Disposition, language, location: what the extension data of all kinds of parts ends with. */
function printPlacing(part: MimePart): string[] {
  const disposition =
    part.disp === undefined ? "NIL" : `(${printString(part.disp)} ${printParameters(part.dispParams)})`;
  const tags = part.lang ?? [];
  const language = tags.length === 0 ? "NIL" : `(${tags.map(printString).join(" ")})`;
  return [disposition, language, printNstring(part.loc)];
}

function printParameters(params: Parameters | undefined): string {
  if (params === undefined || params.length === 0) return "NIL";
  return `(${params.map(printParameter).join(" ")})`;
}

/** A value above ASCII goes out as it may stand in a message (RFC 2231 §4), which is what clients look for. */
function printParameter([name, value]: readonly [name: string, value: string]): string {
  const isAscii = /^[\t -~]*$/.test(value);
  if (isAscii) return `${printString(name)} ${printString(value)}`;
  return `${printString(`${name}*`)} ${printString(`utf-8''${percentEncoded(value)}`)}`;
}

/** `attribute-char` stays, every other octet becomes %XX (RFC 2231 §7). */
function percentEncoded(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replaceAll(
    /[*'()!~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
