import type { BlobSource } from "../../src/blob/index.ts";
import { decodeWords, parameter, parseHeaders } from "../../src/protocol/header/index.ts";
import {
  type MimePart,
  newMimeIndexer,
  newTransferDecoder,
  type TransferDecoder,
} from "../../src/protocol/mime-structure/index.ts";
import { FileInspector } from "./attachments/file-inspector.ts";
import { Inspection, type LookedAt } from "./attachments/inspection.ts";
import type { AttachmentsFinding } from "./finding.ts";

/** Parts of one message whose content is looked at. */
const PARTS_MAX = 1_000;

/** One part whose octets are looked at. */
interface Leaf {
  readonly part: MimePart;
  readonly path: string;
}

/** Finds out what files a message carries, by their names and by their content, in archives too. A text without a name is none.
 * Streams; memory is bounded whatever the message holds.
 * @param start the first octets with the whole header: a message of text alone is told by it */
export async function checkAttachments(content: BlobSource, start?: Uint8Array): Promise<AttachmentsFinding> {
  if (start !== undefined && isPlainText(start)) return NO_FILES;
  const inspection = new Inspection((...file) => new FileInspector(...file));
  const indexer = newMimeIndexer();
  for await (const chunk of content.chunks()) indexer.push(chunk);
  const leaves: Leaf[] = [];
  collect(indexer.end().root, inspection, leaves);
  if (leaves.length > PARTS_MAX) inspection.tooMuch("more attachments than are looked at");
  if (leaves.length > 0 && !inspection.isOver) await inspect(content, leaves, inspection);
  return inspection.finding();
}

const NO_FILES: AttachmentsFinding = { check: "attachments", files: [], closed: [], tooMuch: null };
const ascii = new TextDecoder("latin1");

/** True when the header says that there is one part, a text as it is, without a name. In doubt false. */
function isPlainText(start: Uint8Array): boolean {
  return parseHeaders(start).every(({ name, valueStart, valueEnd }) => {
    if (!/^content-/i.test(name)) return true;
    const value = ascii.decode(start.subarray(valueStart, valueEnd));
    switch (name.toLowerCase()) {
      case "content-type":
        return /^\s*text\/\w/i.test(value) && !/name/i.test(value);
      case "content-transfer-encoding":
        return /^\s*(?:7bit|8bit|quoted-printable)\s*$/i.test(value);
      case "content-disposition":
        return false;
      default:
        return true;
    }
  });
}

function collect(part: MimePart, inspection: Inspection, leaves: Leaf[]): void {
  const names = namesOf(part);
  const path = names[0] ?? `${part.type}/${part.sub}`;
  for (const name of names) inspection.name(name, name);
  for (const child of part.parts ?? []) collect(child, inspection, leaves);
  if (part.msg !== undefined) collect(part.msg.body, inspection, leaves);
  if (part.parts !== undefined || part.msg !== undefined) return;
  const isText = part.type === "text" && names.length === 0 && part.enc !== "base64";
  if (!isText) leaves.push({ part, path });
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

/** Reads the message once more, and gives each part its octets. Parts stand one after the other. */
async function inspect(content: BlobSource, leaves: readonly Leaf[], inspection: Inspection): Promise<void> {
  let base = 0;
  let next = 0;
  let open: { readonly decoder: TransferDecoder; readonly file: LookedAt } | null = null;
  for await (const chunk of content.chunks()) {
    const end = base + chunk.length;
    for (let leaf = leaves[next]; leaf !== undefined && !inspection.isOver; leaf = leaves[next]) {
      const [, from, to] = leaf.part.at;
      if (from >= end) break;
      open ??= {
        decoder: newTransferDecoder(leaf.part.enc ?? ""),
        file: inspection.file(leaf.path, 0),
      };
      const piece = chunk.subarray(Math.max(0, from - base), Math.max(0, to - base));
      if (!open.file.isDone) await open.file.push(open.decoder.push(piece));
      if (to > end) break;
      if (!open.file.isDone) await open.file.push(open.decoder.end());
      await open.file.end();
      open = null;
      next += 1;
    }
    base = end;
    if (next >= leaves.length || inspection.isOver) return;
  }
  await open?.file.end();
}
