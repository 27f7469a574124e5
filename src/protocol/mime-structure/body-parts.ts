import { bodyLists, placedChildren, placedRoot } from "./body-lists.ts";
import type { PlacedPart } from "./body-lists.ts";
import type { MimeIndex, MimePart } from "./mime-index.ts";
import { decodedSize, declaredType, fileName, typeParameter } from "./part-name.ts";

/** Octets of the stored message, and how they are encoded: what a download has to read and decode. */
export interface BlobRange {
  readonly start: number;
  readonly end: number;
  /** "base64", "quoted-printable", or anything else for "as it is". */
  readonly encoding: string;
}

/** A JMAP EmailBodyPart (RFC 8621 §4.1.4), but for the ids and headers that the caller adds. */
export interface BodyPart {
  /** IMAP part number with dots; null for a multipart. */
  readonly partId: string | null;
  /** Null for a multipart. */
  readonly blob: BlobRange | null;
  /** The part's header in the stored message, with its empty line. */
  readonly header: { readonly start: number; readonly end: number };
  /** Octets after transfer decoding. */
  readonly size: number;
  readonly name: string | null;
  readonly type: string;
  /** The charset parameter; "us-ascii" for a text without one; null for anything else. */
  readonly charset: string | null;
  readonly disposition: string | null;
  /** Without angle brackets. */
  readonly cid: string | null;
  readonly language: readonly string[] | null;
  readonly location: string | null;
  /** Only for a multipart. */
  readonly subParts: readonly BodyPart[] | null;
}

/** Everything JMAP shows of a message's body. */
export interface BodyParts {
  readonly bodyStructure: BodyPart;
  readonly textBody: readonly BodyPart[];
  readonly htmlBody: readonly BodyPart[];
  readonly attachments: readonly BodyPart[];
}

function charsetOf(part: MimePart): string | null {
  return typeParameter(part, "charset") ?? (part.type === "text" ? "us-ascii" : null);
}

function bodyPart(placed: PlacedPart): BodyPart {
  const { part } = placed;
  const [start, bodyStart, end] = part.at;
  const isMultipart = part.parts !== undefined;
  return {
    partId: isMultipart ? null : placed.partId,
    blob: isMultipart ? null : { start: bodyStart, end, encoding: part.enc ?? "7bit" },
    header: { start, end: bodyStart },
    size: decodedSize(part),
    name: fileName(part),
    type: declaredType(part),
    charset: charsetOf(part),
    disposition: part.disp ?? null,
    cid: part.id === undefined ? null : part.id.replace(/^\s*<|>\s*$/g, ""),
    language: part.lang ?? null,
    location: part.loc ?? null,
    subParts: isMultipart ? placedChildren(placed).map((child) => bodyPart(child)) : null,
  };
}

/** The JMAP views of a stored index: the tree and the three lists, which hold the tree's leaves. */
export function bodyParts(index: MimeIndex): BodyParts {
  const lists = bodyLists(index.root);
  const views = (placed: readonly PlacedPart[]): BodyPart[] => placed.map((one) => bodyPart(one));
  return {
    bodyStructure: bodyPart(placedRoot(index.root)),
    textBody: views(lists.textBody),
    htmlBody: views(lists.htmlBody),
    attachments: views(lists.attachments),
  };
}
