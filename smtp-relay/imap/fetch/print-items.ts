import type { Message, Placement } from "../../../src/mailstore/index.ts";
import {
  type FetchItem,
  printBodyStructure,
  printDateTime,
  printEnvelope,
  printFlags,
  printString,
} from "../../../src/protocol/imap/index.ts";
import { printId } from "../../../src/protocol/jmap/jmap-id.ts";
import { binarySection, binarySize } from "./binary-section.ts";
import { bodySection, wholeSection } from "./body-section.ts";
import type { MessageBytes } from "./message-bytes.ts";
import type { Piece } from "./piece.ts";

/** One message that FETCH tells of. */
export interface Fetched {
  readonly placement: Placement;
  /** As this session sees them. */
  readonly flags: readonly string[];
  /** Only when an item needs it. */
  readonly message: { readonly parsed: Message; readonly bytes: MessageBytes } | undefined;
}

type Name = FetchItem["item"];
type Opened = NonNullable<Fetched["message"]>;

/** Items that the placement alone answers. */
const PLACED: ReadonlyMap<Name, (fetched: Fetched) => string> = new Map<Name, (fetched: Fetched) => string>([
  ["FLAGS", ({ flags }) => `FLAGS ${printFlags(flags)}`],
  ["UID", ({ placement }) => `UID ${placement.uid}`],
  ["INTERNALDATE", ({ placement }) => `INTERNALDATE ${printDateTime(placement.receivedAt)}`],
  ["RFC822.SIZE", ({ placement }) => `RFC822.SIZE ${placement.size}`],
  ["MODSEQ", ({ placement }) => `MODSEQ (${placement.modseq})`],
  ["EMAILID", ({ placement }) => `EMAILID (${printId("email", placement.emailId)})`],
  ["THREADID", ({ placement }) => `THREADID (${printId("thread", placement.threadId)})`],
  ["SAVEDATE", ({ placement }) => `SAVEDATE ${printDateTime(placement.savedAt)}`],
]);

/** Items without arguments that the message answers. */
const OPENED: ReadonlyMap<Name, (message: Opened) => Piece[]> = new Map<Name, (message: Opened) => Piece[]>([
  ["ENVELOPE", ({ parsed }) => [`ENVELOPE ${printEnvelope(parsed.structure.env)}`]],
  ["BODY", ({ parsed }) => [`BODY ${printBodyStructure(parsed.structure.root, false)}`]],
  ["BODYSTRUCTURE", ({ parsed }) => [`BODYSTRUCTURE ${printBodyStructure(parsed.structure.root, true)}`]],
  ["PREVIEW", ({ parsed }) => [`PREVIEW ${printString(parsed.preview)}`]],
  ["RFC822", ({ parsed, bytes }) => wholeSection(parsed.structure, bytes, "RFC822", null)],
  ["RFC822.HEADER", ({ parsed, bytes }) => wholeSection(parsed.structure, bytes, "RFC822.HEADER", "HEADER")],
  ["RFC822.TEXT", ({ parsed, bytes }) => wholeSection(parsed.structure, bytes, "RFC822.TEXT", "TEXT")],
]);

/** Whether an item asks for more than the placement knows. */
export function needsMessage(item: FetchItem): boolean {
  return !PLACED.has(item.item);
}

/** Whether an item asks for the bytes of the message. */
export function needsBytes({ item }: FetchItem): boolean {
  return ["BODY[]", "BINARY[]", "RFC822", "RFC822.HEADER", "RFC822.TEXT"].includes(item);
}

/** Whether asking for an item marks the message as \Seen (RFC 9051 §6.4.5). */
export function marksSeen(item: FetchItem): boolean {
  if (item.item === "BODY[]" || item.item === "BINARY[]") return !item.peek;
  return item.item === "RFC822" || item.item === "RFC822.TEXT";
}

/**
 * One item with its value.
 * @returns undefined when the part's transfer encoding is unknown
 * @throws {MailError} blob_unknown, unavailable
 */
export async function printItem(fetched: Fetched, item: FetchItem): Promise<Piece[] | undefined> {
  const placed = PLACED.get(item.item);
  if (placed !== undefined) return [placed(fetched)];
  const { message } = fetched;
  if (message === undefined) throw new Error(`${item.item} needs the message`);
  const opened = OPENED.get(item.item);
  if (opened !== undefined) return opened(message);
  const { parsed, bytes } = message;
  if (item.item === "BODY[]") return bodySection(parsed.structure, bytes, item.section, item.partial);
  if (item.item === "BINARY[]") return binarySection(parsed.structure, bytes, item.part, item.partial);
  if (item.item !== "BINARY.SIZE[]") throw new Error(`${item.item} is not known`);
  const size = binarySize(parsed.structure, item.part);
  return size === undefined ? undefined : [size];
}
