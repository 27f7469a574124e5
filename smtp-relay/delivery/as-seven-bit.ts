import type { BlobSource } from "../../src/blob/index.ts";
import { encodeQuotedPrintable } from "../../src/protocol/compose/index.ts";
import { headerText, parameter, parseHeaders, parseParameterised } from "../../src/protocol/header/index.ts";

/** More of a part's header than this is not read. */
const HEADER_MAX = 1 << 20;
const LF = 10;
const CRLF = Buffer.from("\r\n");

/** The message can't be had in seven bits without breaking what it says or what vouches for it. */
class NotConvertible extends Error {}

/** A message of eight-bit text as one of seven bits, for a host without 8BITMIME (RFC 6152 §3): bodies become quoted-printable, the
 * structure stays. It is read twice and not held.
 * @returns null: its header is not US-ASCII, or somebody has signed it */
export async function asSevenBit(source: BlobSource): Promise<BlobSource | null> {
  let size = 0;
  try {
    for await (const piece of convert(source)) size += piece.length;
  } catch (error) {
    if (error instanceof NotConvertible) return null;
    throw error;
  }
  return { size, chunks: () => convert(source) };
}

/** What becomes of the lines of a body. */
type Treatment = "encode" | "keep" | "drop";

interface Open {
  readonly boundary: string;
  /** Inside of what is signed nothing may change. */
  readonly isSigned: boolean;
}

async function* convert(source: BlobSource): AsyncGenerator<Uint8Array> {
  const open: Open[] = [];
  let header: Buffer[] | null = [];
  let headerBytes = 0;
  let body: Treatment = "keep";
  let isOuter = true;
  for await (const line of linesOf(source)) {
    const level = levelOf(open, line);
    const delimited = open[level];
    if (delimited !== undefined) {
      if (header !== null) yield* unfinished(header);
      const isLast = isClosing(line, delimited.boundary);
      open.length = isLast ? level : level + 1;
      yield line;
      [header, headerBytes, body] = [isLast ? null : [], 0, "drop"];
    } else if (header !== null) {
      header.push(line);
      headerBytes += line.length;
      if (headerBytes > HEADER_MAX) throw new NotConvertible();
      if (!isEmpty(line)) continue;
      const part = readPart(
        Buffer.concat(header),
        isOuter,
        open.some(({ isSigned }) => isSigned),
      );
      isOuter = false;
      yield part.header;
      if (part.open !== null) open.push(part.open);
      [header, headerBytes, body] = [part.isMessage ? [] : null, 0, part.body];
    } else yield* treat(line, body);
  }
  if (header !== null) yield* unfinished(header);
}

/** A header that ends without an empty line. */
function* unfinished(lines: readonly Buffer[]): Generator<Uint8Array> {
  if (lines.some(isEightBit)) throw new NotConvertible();
  yield* lines;
}

function* treat(line: Buffer, body: Treatment): Generator<Uint8Array> {
  if (body === "encode") {
    const end = line.at(-1) === LF ? (line.at(-2) === 13 ? 2 : 1) : 0;
    yield encodeQuotedPrintable(line.subarray(0, line.length - end));
    if (end > 0) yield CRLF;
  } else if (!isEightBit(line)) yield line;
  // What stands between the parts is for nobody.
  else if (body === "keep") throw new NotConvertible();
}

interface Part {
  readonly header: Buffer;
  readonly open: Open | null;
  /** Another header follows. */
  readonly isMessage: boolean;
  readonly body: Treatment;
}

const SIGNATURES = new Set(["dkim-signature", "arc-seal"]);

/** Reads a header with its empty line, and says what its part becomes. */
function readPart(header: Buffer, isOuter: boolean, isSigned: boolean): Part {
  if (isEightBit(header)) throw new NotConvertible();
  const fields = parseHeaders(header);
  const named = (name: string) => fields.find((field) => field.name.toLowerCase() === name);
  const text = (name: string): string => {
    const field = named(name);
    return field === undefined ? "" : headerText(header, field.valueStart, field.valueEnd);
  };
  if (isOuter && fields.some(({ name }) => SIGNATURES.has(name.toLowerCase()))) throw new NotConvertible();
  const type = parseParameterised(text("content-type"));
  const sub = type.subvalue?.toLowerCase() ?? "";
  const kind = type.value.toLowerCase();
  const encoding = text("content-transfer-encoding").trim().toLowerCase();
  const isEncoded = encoding === "quoted-printable" || encoding === "base64";
  const isWide = encoding === "8bit" || encoding === "binary";
  if (isSigned && isWide) throw new NotConvertible();
  const boundary = kind === "multipart" ? parameter(type.params, "boundary") : null;
  if (boundary !== null && boundary !== undefined && boundary !== "") {
    const inner = { boundary, isSigned: isSigned || sub === "signed" };
    return {
      header: isWide ? withEncoding(header, "7bit") : header,
      open: inner,
      isMessage: false,
      body: "drop",
    };
  }
  if (kind === "message" && sub === "rfc822" && !isEncoded)
    return {
      header: isWide ? withEncoding(header, "7bit") : header,
      open: null,
      isMessage: true,
      body: "keep",
    };
  if (kind === "message" && sub === "global") throw new NotConvertible();
  if (isEncoded || isSigned) return { header, open: null, isMessage: false, body: "keep" };
  return { header: withEncoding(header, "quoted-printable"), open: null, isMessage: false, body: "encode" };
}

/** The header with this Content-Transfer-Encoding in place of another, and what makes it MIME. */
function withEncoding(header: Buffer, encoding: string): Buffer {
  const fields = parseHeaders(header);
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { name, start, end } of fields) {
    if (name.toLowerCase() !== "content-transfer-encoding") continue;
    pieces.push(header.subarray(at, start));
    at = end;
  }
  const last = fields.at(-1)?.end ?? 0;
  pieces.push(header.subarray(at, last));
  const isOuterOfOld = fields.some(({ name }) => /^(?:from|received|date)$/i.test(name));
  const isMime = fields.some(({ name }) => name.toLowerCase() === "mime-version");
  const version = isOuterOfOld && !isMime ? "MIME-Version: 1.0\r\n" : "";
  pieces.push(Buffer.from(`${version}Content-Transfer-Encoding: ${encoding}\r\n`), header.subarray(last));
  return Buffer.concat(pieces);
}

/** Lines with their ends. */
async function* linesOf(source: BlobSource): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of source.chunks()) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, from)) {
      const line = bytes.subarray(from, end + 1);
      yield rest.length === 0 ? line : Buffer.concat([...rest, line]);
      rest = [];
      from = end + 1;
    }
    // A copy: the chunk's memory may be used again.
    if (from < bytes.length) rest.push(Buffer.from(bytes.subarray(from)));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

const isEmpty = (line: Buffer): boolean =>
  line.length <= 2 && (line[0] === LF || (line[0] === 13 && line[1] === LF));
const isEightBit = (bytes: Uint8Array): boolean => bytes.some((octet) => octet > 127);
const trimmed = (line: Buffer): string => line.toString("latin1").replace(/[ \t\r\n]+$/, "");
const isClosing = (line: Buffer, boundary: string): boolean => trimmed(line) === `--${boundary}--`;

/** Which of the open multiparts a line delimits, or -1. */
function levelOf(open: readonly Open[], line: Buffer): number {
  if (line[0] !== 45 || line[1] !== 45) return -1;
  const text = trimmed(line);
  return open.findLastIndex(({ boundary }) => text === `--${boundary}` || text === `--${boundary}--`);
}
