import { base64Lines, base64Size } from "./base64-lines.ts";
import { encodeText } from "./encode-text.ts";
import { foldTokens } from "./fold.ts";
import { parameterised } from "./parameters.ts";

/** Bytes that can be read from the start more than once. */
export interface ByteSource {
  /** octets */
  readonly size: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/** One part of a message to be written. */
export interface ComposePart {
  /** `type/subtype` in lower case */
  readonly type: string;
  readonly typeParams: readonly (readonly [string, string])[];
  /** Printed fields other than Content-Type and Content-Transfer-Encoding, each with its line end. */
  readonly header: string;
  readonly content:
    | { readonly kind: "text"; readonly text: string }
    /** carried in base64, or as it is when it is a message (RFC 2046 §5.2.1 allows nothing else) */
    | { readonly kind: "bytes"; readonly source: ByteSource }
    | { readonly kind: "multipart"; readonly parts: readonly ComposePart[] };
}

type Piece = Uint8Array | ByteSource;

const utf8 = new TextEncoder();

const isMessage = (part: ComposePart): boolean =>
  part.type === "message/rfc822" || part.type === "message/global";

/** A message inside may hold 8-bit lines, and then everything around it says so (RFC 2045 §6.4). */
function is8bit(part: ComposePart): boolean {
  if (part.content.kind === "multipart") return part.content.parts.some(is8bit);
  return part.content.kind === "bytes" && isMessage(part);
}

/** Writes a message (RFC 5322, 2045, 2046) as a source whose size is known before anything is read.
 * @param header printed message fields, each with its line end
 * @param newBoundary gives another boundary of at most 60 characters each time */
export function composeMessage(header: string, root: ComposePart, newBoundary: () => string): ByteSource {
  const pieces: Piece[] = [utf8.encode(`${header}MIME-Version: 1.0\r\n`)];
  writePart(root, newBoundary, pieces);
  const size = pieces.reduce((sum, piece) => sum + ("size" in piece ? piece.size : piece.length), 0);
  return {
    size,
    async *chunks() {
      for (const piece of pieces)
        if ("size" in piece) yield* piece.chunks();
        else yield piece;
    },
  };
}

function writePart(part: ComposePart, newBoundary: () => string, pieces: Piece[]): void {
  const { content } = part;
  switch (content.kind) {
    case "text": {
      const { encoding, bytes } = encodeText(content.text);
      pieces.push(partHeader(part, [...part.typeParams, ["charset", "utf-8"]], encoding), bytes);
      return;
    }
    case "bytes": {
      if (isMessage(part)) {
        pieces.push(partHeader(part, part.typeParams, "8bit"), content.source);
        return;
      }
      const { source } = content;
      pieces.push(partHeader(part, part.typeParams, "base64"));
      pieces.push({ size: base64Size(source.size), chunks: () => base64Lines(source.chunks()) });
      return;
    }
    case "multipart": {
      const boundary = newBoundary();
      const encoding = is8bit(part) ? "8bit" : "7bit";
      pieces.push(partHeader(part, [...part.typeParams, ["boundary", boundary]], encoding));
      for (const [i, child] of content.parts.entries()) {
        pieces.push(utf8.encode(`${i === 0 ? "" : "\r\n"}--${boundary}\r\n`));
        writePart(child, newBoundary, pieces);
      }
      pieces.push(utf8.encode(`\r\n--${boundary}--\r\n`));
    }
  }
}

function partHeader(
  part: ComposePart,
  params: readonly (readonly [string, string])[],
  encoding: string,
): Uint8Array {
  const type = foldTokens("Content-Type", parameterised(part.type, params));
  const transfer = encoding === "7bit" ? "" : `Content-Transfer-Encoding: ${encoding}\r\n`;
  return utf8.encode(`${type}${transfer}${part.header}\r\n`);
}
