import { Base64Length, newQuotedPrintableDecoder } from "../encoding/index.ts";
import type { OpenFields } from "./part-fields.ts";
import type { Envelope, MimePart } from "./mime-index.ts";

/** What takes the bytes of a leaf's body in order, the line end before a boundary included. */
interface BodySink {
  push(bytes: Uint8Array, from: number, to: number): void;
}

/** Measures a body after decoding. */
interface LengthMeter extends BodySink {
  /** @param lineEnd octets of the last line end that turned out not to be the body's: 0, 1 or 2 */
  octets(lineEnd: number): number;
}

export function newLengthMeter(encoding: string | undefined): LengthMeter | null {
  if (encoding === "base64") {
    const length = new Base64Length();
    return { push: (bytes, from, to) => length.push(bytes, from, to), octets: () => length.octets() };
  }
  if (encoding !== "quoted-printable") return null;
  const decoder = newQuotedPrintableDecoder();
  let total = 0;
  return {
    push: (bytes, from, to) => {
      total += decoder.push(bytes.subarray(from, to)).length;
    },
    octets: (lineEnd) => total + decoder.end().length - (decoder.afterSoftBreak() ? 0 : lineEnd),
  };
}

/** The first bytes of a body that may become the preview. */
export class BodyHead implements BodySink {
  readonly #max: number;
  #bytes = new Uint8Array(0);

  constructor(max: number) {
    this.#max = max;
  }

  push(bytes: Uint8Array, from: number, to: number): void {
    const had = this.#bytes.length;
    const end = Math.min(to, from + this.#max - had);
    if (end <= from) return;
    const all = new Uint8Array(had + end - from);
    all.set(this.#bytes);
    all.set(bytes.subarray(from, end), had);
    this.#bytes = all;
  }

  /** @param length of the body, now that it is known */
  bytes(length: number): Uint8Array {
    return this.#bytes.subarray(0, length);
  }
}

/** A part whose end has not been seen. */
export interface OpenPart {
  readonly headerStart: number;
  bodyStart: number;
  /** Line ends before the body. */
  linesBefore: number;
  fields: OpenFields;
  readonly inDigest: boolean;
  /** A message of its own: its header has an envelope. */
  readonly isMessage: boolean;
  env: Envelope;
  readonly children: MimePart[];
  /** The closed part inside a message/rfc822. */
  nested: { env: Envelope; body: MimePart } | null;
  boundary: Uint8Array | null;
  meter: LengthMeter | null;
  head: BodyHead | null;
}

export function openPart(headerStart: number, inDigest: boolean, isMessage: boolean): OpenPart {
  return {
    headerStart,
    bodyStart: -1,
    linesBefore: 0,
    fields: { type: "text", sub: "plain" },
    inDigest,
    isMessage,
    env: {},
    children: [],
    nested: null,
    boundary: null,
    meter: null,
    head: null,
  };
}

/** Where the scanner stands when parts end. */
export interface EndPoint {
  /** Start of the boundary line, or the end of the message. */
  readonly at: number;
  /** Octets of the line end before it, which belongs to the boundary (RFC 2046 §5.1.1); 0 at the end of the message. */
  readonly lineEnd: number;
  /** Line ends before `at`. */
  readonly lines: number;
}

/** Fixes the end of a part. Its body reaches at least over its children, even where those are malformed. */
export function closePart(open: OpenPart, end: EndPoint): MimePart {
  const { fields } = open;
  const inner = open.nested?.body ?? open.children.at(-1);
  const least = Math.max(open.bodyStart, inner?.at[2] ?? 0);
  const bodyEnd = Math.max(end.at - end.lineEnd, least);
  const lineEnd = end.at - bodyEnd;
  const lines = end.lines - (lineEnd > 0 ? 1 : 0) - open.linesBefore;
  const part: OpenFields & { at: MimePart["at"] } = {
    at: [open.headerStart, open.bodyStart, bodyEnd],
    ...fields,
  };
  if (open.children.length > 0) part.parts = open.children;
  else if (open.boundary !== null) {
    becomeText(part); // no part ever began
    delete part.enc; // which a multipart can't have (RFC 2045 §6.4)
  }
  if (open.nested !== null) part.msg = open.nested;
  if (part.type === "text" || part.type === "message") part.lines = lines;
  if (open.meter !== null) part.decoded = open.meter.octets(lineEnd);
  return part;
}

/** A multipart that can't be taken apart is shown as the text that it is: IMAP has no empty multipart. */
export function becomeText(fields: OpenFields): void {
  fields.type = "text";
  fields.sub = "plain";
}

/** A leaf that only claims to hold something else. A message that can't be looked into stays one for JMAP. */
export function becomeOpaque(fields: OpenFields): void {
  if (fields.type === "message") fields.was = `${fields.type}/${fields.sub}`;
  fields.type = "application";
  fields.sub = "octet-stream";
}
