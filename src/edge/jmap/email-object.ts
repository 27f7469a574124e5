import type { Email } from "../../mailstore/index.ts";
import { toKeywords } from "../../mailstore/index.ts";
import { asRaw, asText, formatDateTime, parseHeaders } from "../../protocol/header/index.ts";
import {
  bodyValue,
  type EmailBodyValue,
  printBlobId,
  printId,
  printUtcDate,
  readHeaderProperty,
  sliceEncoding,
} from "../../protocol/jmap/index.ts";
import {
  type BodyPart,
  type BodyParts,
  bodyParts,
  decodeTransfer,
  emailAddresses,
  type MimeIndex,
} from "../../protocol/mime-structure/index.ts";
import type { ChosenProperties, EmailPlan } from "./email-plan.ts";
import type { MessageBytes } from "./message-bytes.ts";

type Writable = Record<string, unknown>;

/** The properties that stand beside the message. */
export function emailMetadata(email: Email, names: ReadonlySet<string>): Writable {
  const all: Readonly<Record<string, () => unknown>> = {
    id: () => printId("email", email.id),
    blobId: () => printBlobId({ kind: "email", emailId: email.id, slice: null }),
    threadId: () => printId("thread", email.threadId),
    mailboxIds: () => Object.fromEntries(email.mailboxIds.map((id) => [printId("mailbox", id), true])),
    keywords: () => Object.fromEntries(toKeywords(email.flags).map((name) => [name, true])),
    size: () => email.size,
    receivedAt: () => printUtcDate(email.receivedAt),
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, read]) => (names.has(name) ? [[name, read()]] : [])),
  );
}

/** A parsed message, its bytes, and how its parts are named as blobs. */
export interface MessageView {
  readonly structure: MimeIndex;
  readonly bytes: Pick<MessageBytes, "slice">;
  /** undefined: the parts can't be downloaded */
  readonly partBlobId: (part: { start: number; end: number; encoding: string | undefined }) => string | null;
}

/** Names the parts of an email of the account. */
export const emailPartBlobId =
  (emailId: string): MessageView["partBlobId"] =>
  ({ start, end, encoding }) =>
    printBlobId({ kind: "email", emailId, slice: { start, end, encoding: sliceEncoding(encoding) } });

/** Fields that the index has; reading them opens no blob. */
function indexedHeader(index: MimeIndex, name: string): unknown {
  const { env } = index;
  switch (name) {
    case "messageId":
      return index.ids ?? null;
    case "inReplyTo":
      return index.inReplyTo ?? null;
    case "references":
      return index.refs ?? null;
    case "sentAt":
      return index.sent === null ? null : formatDateTime(index.sent);
    case "subject":
      return env.subject === undefined ? null : asText(env.subject);
    case "from":
    case "sender":
    case "replyTo":
    case "to":
    case "cc":
    case "bcc":
      return emailAddresses(env[name]);
    default:
      return undefined;
  }
}

/** The properties that are read from the message: its index, and its bytes where the index doesn't have them. */
export async function messageProperties(view: MessageView, plan: EmailPlan): Promise<Writable> {
  const { structure } = view;
  const { names, headers } = plan.email;
  const out: Writable = {};
  for (const name of names) {
    const value = indexedHeader(structure, name);
    if (value !== undefined) out[name] = value;
  }
  if (names.has("hasAttachment")) out["hasAttachment"] = structure.hasAttachment;
  if (names.has("preview")) out["preview"] = structure.preview;
  if (headers.length > 0 || names.has("headers")) {
    const header = { start: structure.root.at[0], end: structure.root.at[1] };
    Object.assign(out, await headerProperties(view.bytes, header, plan.email));
  }
  if (["bodyStructure", "textBody", "htmlBody", "attachments", "bodyValues"].some((name) => names.has(name)))
    Object.assign(out, await bodyProperties(view, plan));
  return out;
}

async function headerProperties(
  bytes: Pick<MessageBytes, "slice">,
  at: { readonly start: number; readonly end: number },
  chosen: ChosenProperties,
): Promise<Writable> {
  const block = await bytes.slice(at.start, at.end);
  const fields = parseHeaders(block);
  const out: Writable = {};
  if (chosen.names.has("headers"))
    out["headers"] = fields.map((field) => ({ name: field.name, value: asRaw(block, field) }));
  for (const header of chosen.headers) out[header.property] = readHeaderProperty(block, fields, header);
  return out;
}

async function bodyProperties(view: MessageView, plan: EmailPlan): Promise<Writable> {
  const parts = bodyParts(view.structure);
  const { names } = plan.email;
  const out: Writable = {};
  if (names.has("bodyStructure"))
    out["bodyStructure"] = await partObject(view, plan, parts.bodyStructure, true);
  for (const name of ["textBody", "htmlBody", "attachments"] as const)
    if (names.has(name))
      out[name] = await Promise.all(parts[name].map((part) => partObject(view, plan, part, false)));
  if (names.has("bodyValues")) out["bodyValues"] = await bodyValues(view, plan, parts);
  return out;
}

async function partObject(
  view: MessageView,
  plan: EmailPlan,
  part: BodyPart,
  isTree: boolean,
): Promise<Writable> {
  const { names, headers } = plan.bodyPart;
  const { partId, size, name, type, charset, disposition, cid, language, location } = part;
  const blobId = part.blob === null ? null : view.partBlobId(part.blob);
  const all = { partId, blobId, size, name, type, charset, disposition, cid, language, location };
  const out: Writable = Object.fromEntries(Object.entries(all).filter(([key]) => names.has(key)));
  if (headers.length > 0 || names.has("headers"))
    Object.assign(out, await headerProperties(view.bytes, part.header, plan.bodyPart));
  // Without its children the structure would be of no use, so they come unasked.
  if (isTree && part.subParts !== null)
    out["subParts"] = await Promise.all(part.subParts.map((child) => partObject(view, plan, child, true)));
  else if (names.has("subParts")) out["subParts"] = null;
  return out;
}

/** More than this of a part is not read when only the beginning of its text is wanted: in the worst case an octet of
 * text takes three in quoted-printable, plus line ends. */
const rawOctetsFor = (maxBytes: number): number => maxBytes * 4 + 4_096;

async function bodyValues(
  view: MessageView,
  plan: EmailPlan,
  parts: BodyParts,
): Promise<Record<string, EmailBodyValue>> {
  const wanted = new Map<string, BodyPart>();
  const want = (list: readonly BodyPart[]): void => {
    for (const part of list)
      if (part.partId !== null && part.type.startsWith("text/")) wanted.set(part.partId, part);
  };
  if (plan.fetchTextBodyValues || plan.fetchAllBodyValues) want(parts.textBody);
  if (plan.fetchHTMLBodyValues || plan.fetchAllBodyValues) want(parts.htmlBody);
  if (plan.fetchAllBodyValues) want(leavesOf(parts.bodyStructure));
  const values: Record<string, EmailBodyValue> = {};
  for (const [partId, part] of wanted) {
    if (part.blob === null) continue;
    const { start, end, encoding } = part.blob;
    const max = plan.maxBodyValueBytes;
    const until = max > 0 ? Math.min(end, start + rawOctetsFor(max)) : end;
    const decoded = decodeTransfer(await view.bytes.slice(start, until), encoding);
    const value = bodyValue(decoded, { type: part.type, charset: part.charset, encoding }, max);
    values[partId] = until < end ? { ...value, isTruncated: true } : value;
  }
  return values;
}

function leavesOf(part: BodyPart): readonly BodyPart[] {
  return part.subParts === null ? [part] : part.subParts.flatMap(leavesOf);
}
