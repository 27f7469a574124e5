import type { Partial } from "../../../src/protocol/imap/index.ts";
import {
  type MimeIndex,
  type MimePart,
  decodedSize,
  newTransferDecoder,
  partByPath,
  sectionRange,
} from "../../../src/protocol/mime-structure/index.ts";
import { cut } from "./body-section.ts";
import type { MessageBytes } from "./message-bytes.ts";
import type { Piece } from "./piece.ts";

/** Transfer encodings that we can undo, or that change nothing (RFC 2045 §6). */
const KNOWN = new Set(["7bit", "8bit", "binary", "base64", "quoted-printable"]);

interface Located {
  readonly start: number;
  readonly end: number;
  readonly encoding: string;
  readonly decodedBytes: number;
}

/** Where a part stands and how it is encoded; undefined when there is none, or it is a multipart: that has no octets of its own. */
function locate(index: MimeIndex, path: readonly number[]): Located | "unknown-encoding" | undefined {
  const range = sectionRange(index, path, null);
  const part: MimePart | null = partByPath(index, path);
  if (range === null || part === null) return undefined;
  if (path.length > 0 && part.parts !== undefined && part.msg === undefined) return undefined;
  const size = range.end - range.start;
  // The whole message has no encoding of its own, nor has a message in it.
  const isLeaf = path.length > 0 && part.msg === undefined;
  if (!isLeaf) return { ...range, encoding: "binary", decodedBytes: size };
  const encoding = part.enc ?? "7bit";
  if (!KNOWN.has(encoding)) return "unknown-encoding";
  return { ...range, encoding, decodedBytes: decodedSize(part) };
}

const printPath = (path: readonly number[]): string => `[${path.join(".")}]`;

/**
 * `BINARY[part]<partial>`: a part with its transfer encoding undone (RFC 9051 §6.4.5).
 * @returns undefined when nobody knows how to undo it: that is NO [UNKNOWN-CTE]
 */
export function binarySection(
  index: MimeIndex,
  bytes: MessageBytes,
  path: readonly number[],
  partial: Partial | undefined,
): Piece[] | undefined {
  const found = locate(index, path);
  const name = `BINARY${printPath(path)}${partial === undefined ? "" : `<${partial.offset}>`}`;
  if (found === undefined) return [`${name} NIL`];
  if (found === "unknown-encoding") return undefined;
  const wanted = cut({ start: 0, end: found.decodedBytes }, partial);
  const chunks = (): AsyncIterable<Uint8Array> => decoded(bytes, found, wanted.start, wanted.end);
  return [`${name} `, { sizeBytes: wanted.end - wanted.start, isBinary: true, chunks }];
}

/** `BINARY.SIZE[part]`. @returns undefined as above */
export function binarySize(index: MimeIndex, path: readonly number[]): string | undefined {
  const found = locate(index, path);
  if (found === "unknown-encoding") return undefined;
  return `BINARY.SIZE${printPath(path)} ${found?.decodedBytes ?? 0}`;
}

/** The octets [start, end) of what decoding gives. */
async function* decoded(
  bytes: MessageBytes,
  { start: from, end: to, encoding }: Located,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  const decoder = newTransferDecoder(encoding);
  let at = 0;
  const within = (piece: Uint8Array): Uint8Array => {
    const kept = piece.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += piece.length;
    return kept;
  };
  for await (const chunk of bytes.stream(from, to)) {
    const kept = within(decoder.push(chunk));
    if (kept.length > 0) yield kept;
    if (at >= end) return;
  }
  const kept = within(decoder.end());
  if (kept.length > 0) yield kept;
}
