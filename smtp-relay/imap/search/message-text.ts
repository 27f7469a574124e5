import { decodeWords, parseHeaders } from "../../../src/protocol/header/index.ts";
import {
  type MimeIndex,
  type MimePart,
  decodeText,
  decodeTransfer,
  typeParameter,
} from "../../../src/protocol/mime-structure/index.ts";
import type { MessageBytes } from "../fetch/message-bytes.ts";

/** What is looked at of one header, and of one text; more is not searched. */
const MAX_HEADER_BYTES = 262_144;
const MAX_TEXT_BYTES = 4_194_304;

const latin1 = new TextDecoder("latin1");

/** Text as it is compared: letter case and the way accents are put together make no difference (RFC 9051 §6.4.4). */
export function comparable(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

/** The decoded value of each header field of that name; all fields, with their names, when no name is given. */
export async function headerValues(index: MimeIndex, bytes: MessageBytes, name?: string): Promise<string[]> {
  const header = await bytes.read(0, Math.min(index.root.at[1], MAX_HEADER_BYTES));
  return valuesIn(header, name);
}

function valuesIn(header: Uint8Array, name?: string): string[] {
  const wanted = name?.toLowerCase();
  return parseHeaders(header)
    .filter((field) => wanted === undefined || field.name.toLowerCase() === wanted)
    .map((field) => {
      const raw = utf8OrLatin1(header.subarray(field.valueStart, field.valueEnd));
      const value = decodeWords(raw.replaceAll(/\r?\n(?=[ \t])/g, "")).trim();
      return wanted === undefined ? `${field.name}: ${value}` : value;
    });
}

function utf8OrLatin1(bytes: Uint8Array): string {
  const { text, problem } = decodeText(bytes, "utf-8");
  return problem ? latin1.decode(bytes) : text;
}

/** The texts of a message, decoded, one after the other; messages inside it are looked into. */
export async function* bodyTexts(index: MimeIndex, bytes: MessageBytes): AsyncGenerator<string> {
  yield* textsOf(index.root, bytes);
}

async function* textsOf(part: MimePart, bytes: MessageBytes): AsyncGenerator<string> {
  for (const child of part.parts ?? []) yield* textsOf(child, bytes);
  if (part.msg !== undefined) {
    const [start, bodyStart] = part.msg.body.at;
    const header = await bytes.read(start, Math.min(bodyStart, start + MAX_HEADER_BYTES));
    yield valuesIn(header).join("\n");
    yield* textsOf(part.msg.body, bytes);
  } else if (part.type === "text") {
    const [, start, end] = part.at;
    const raw = await bytes.read(start, Math.min(end, start + MAX_TEXT_BYTES));
    yield decodeText(decodeTransfer(raw, part.enc ?? "7bit"), typeParameter(part, "charset") ?? "us-ascii")
      .text;
  }
}
