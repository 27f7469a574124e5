import { decodeWords, parameter } from "../../src/protocol/header/index.ts";
import {
  type MimeIndex,
  type MimePart,
  newTransferDecoder,
} from "../../src/protocol/mime-structure/index.ts";
import { FileInspector } from "./attachments/file-inspector.ts";
import { Inspection } from "./attachments/inspection.ts";
import { UuencodeReader } from "./attachments/uuencode-reader.ts";
import type { AttachmentsFinding } from "./finding.ts";

/** Parts of one message whose content is looked at. */
const PARTS_MAX = 1_000;
/** Octets that are decoded at a time: of most files only the first ones matter. */
const STEP = 16_384;

/** A message that is in parts already. */
export interface IndexedMessage {
  readonly index: MimeIndex;
  /** The octets [start, end) of it. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

/** One part whose octets are looked at. */
interface Leaf {
  readonly part: MimePart;
  readonly path: string;
  /** A text without a name is no file, and may hold some between its lines. */
  readonly isFile: boolean;
  readonly isText: boolean;
}

/** Finds out what files a message carries, by their names and by their content, in archives too. A text without a name is none.
 * Of each part only so much is read as matters; memory is bounded whatever the message holds. */
export async function checkAttachments(message: IndexedMessage): Promise<AttachmentsFinding> {
  const inspection = new Inspection((...file) => new FileInspector(...file));
  const leaves: Leaf[] = [];
  collect(message.index.root, inspection, leaves);
  if (leaves.length > PARTS_MAX) inspection.tooMuch("more attachments than are looked at");
  for (const leaf of leaves) {
    if (inspection.isOver) break;
    await inspect(message, leaf, inspection);
  }
  return inspection.finding();
}

function collect(part: MimePart, inspection: Inspection, leaves: Leaf[]): void {
  const names = namesOf(part);
  const path = names[0] ?? `${part.type}/${part.sub}`;
  for (const name of names) inspection.name(name, name);
  for (const child of part.parts ?? []) collect(child, inspection, leaves);
  if (part.msg !== undefined) collect(part.msg.body, inspection, leaves);
  if (part.parts !== undefined || part.msg !== undefined) return;
  const isFile = part.type !== "text" || names.length > 0 || part.enc === "base64";
  // Nobody looks for files between the lines of a page.
  const isText = part.type === "text" && part.sub !== "html";
  if (isFile || isText) leaves.push({ part, path, isFile, isText });
}
/** Both names that a part can have: mail programs differ in which they take (RFC 2183 §2.3, RFC 2045 §5.1). */
function namesOf({ dispParams, params }: MimePart): string[] {
  const given = [
    dispParams === undefined ? null : parameter(dispParams, "filename"),
    params === undefined ? null : parameter(params, "name"),
  ];
  // Encoded words must not stand in parameters (RFC 2047 §5), and everybody reads them there.
  return [...new Set(given.flatMap((name) => (name === null || name === "" ? [] : [decodeWords(name)])))];
}

async function inspect(message: IndexedMessage, leaf: Leaf, inspection: Inspection): Promise<void> {
  const { part, path, isFile, isText } = leaf;
  const file = isFile ? inspection.file(path, 0) : null;
  const text = isText ? new UuencodeReader(inspection, path, 0) : null;
  const readers = [file, text].filter((reader) => reader !== null);
  const isDone = (): boolean => inspection.isOver || (text === null && file?.isDone !== false);
  const decoder = newTransferDecoder(part.enc ?? "");
  const [, from, to] = part.at;
  for await (const chunk of message.read(from, to)) {
    for (let at = 0; at < chunk.length && !isDone(); at += STEP) {
      const piece = decoder.push(chunk.subarray(at, at + STEP));
      for (const reader of readers) await reader.push(piece);
    }
    if (isDone()) break;
  }
  const last = decoder.end();
  for (const reader of readers) {
    await reader.push(last);
    await reader.end();
  }
}
