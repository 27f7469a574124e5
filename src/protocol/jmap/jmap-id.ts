import { base32ToUuid, uuidToBase32 } from "../../kernel/uuid.ts";

/** The letter in front of each kind of id: an id of one kind is never taken for one of another. */
const LETTER = {
  account: "a",
  mailbox: "m",
  email: "e",
  thread: "t",
  identity: "i",
  submission: "s",
  upload: "u",
} as const;

export type IdKind = keyof typeof LETTER;

/** A JMAP id (RFC 8620 §1.2): a letter and 26 characters of base32. */
export function printId(kind: IdKind, uuid: string): string {
  return LETTER[kind] + uuidToBase32(uuid);
}

/** @returns the UUID, or null when it is no id of this kind that `printId` made */
export function parseId(kind: IdKind, id: string): string | null {
  return id.startsWith(LETTER[kind]) ? base32ToUuid(id.slice(1)) : null;
}

/** Octets [start, end) of a message and how they are encoded there. */
export interface BlobSlice {
  readonly start: number;
  readonly end: number;
  readonly encoding: "identity" | "base64" | "quoted-printable";
}

/** What a blobId says: an email of the account, whole or a part of it, or an upload of the account.
 * Both are found through the account only, so a stranger's blobId leads nowhere. */
export type BlobRef =
  | { readonly kind: "email"; readonly emailId: string; readonly slice: BlobSlice | null }
  | { readonly kind: "upload"; readonly uploadId: string };

const ENCODINGS = [
  ["i", "identity"],
  ["b", "base64"],
  ["q", "quoted-printable"],
] as const;

/** @param encoding a Content-Transfer-Encoding in lower case, or undefined */
export function sliceEncoding(encoding: string | undefined): BlobSlice["encoding"] {
  return encoding === "base64" || encoding === "quoted-printable" ? encoding : "identity";
}

export function printBlobId(ref: BlobRef): string {
  if (ref.kind === "upload") return printId("upload", ref.uploadId);
  const message = `b${uuidToBase32(ref.emailId)}`;
  if (ref.slice === null) return message;
  const { start, end, encoding } = ref.slice;
  const letter = ENCODINGS.find(([, name]) => name === encoding)?.[0] ?? "i";
  return `${message}_${start}_${end}_${letter}`;
}

/** @returns null when it is nothing that `printBlobId` made */
export function parseBlobId(id: string): BlobRef | null {
  const uploadId = parseId("upload", id);
  if (uploadId !== null) return { kind: "upload", uploadId };
  const match = /^b([a-z2-7]{26})(?:_(\d{1,15})_(\d{1,15})_([ibq]))?$/.exec(id);
  const emailId = base32ToUuid(match?.[1] ?? "");
  if (match === null || emailId === null) return null;
  if (match[2] === undefined) return { kind: "email", emailId, slice: null };
  const [start, end] = [Number(match[2]), Number(match[3])];
  const encoding = ENCODINGS.find(([letter]) => letter === match[4])?.[1];
  if (encoding === undefined || start > end) return null;
  return { kind: "email", emailId, slice: { start, end, encoding } };
}
