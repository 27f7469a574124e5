import { FLAG, fromKeywords, type Flags } from "../../src/mailstore/index.ts";
import { SourceError, useByName } from "../../src/migration/index.ts";
import { decodeWords, parseDateTime } from "../../src/protocol/header/index.ts";
import type { Archive, ArchiveEntry } from "./archive.ts";
import type { FileDeps, FileFault, FileFolder, FileItem, FileMessage } from "./file-folder.ts";
import { arrivalOf, fieldsOf, spooled, withCrlf } from "./message-lines.ts";
import { RawFile } from "./raw-file.ts";

/** Where one message of an mbox stands: without its `From ` line and the empty line behind it. */
interface MboxMessage {
  readonly start: number;
  readonly end: number;
  /** what stands in the `From ` line behind the sender: a date */
  readonly stamp: string;
}

const LF = 10;
const CR = 13;
const FROM = Buffer.from("From ");
const LF_FROM = Buffer.from("\nFrom ");
/** RFC 4155 §A: a sender without spaces, and a time as asctime writes it; some write a zone behind it. */
const FROM_LINE = /^From (\S+)? ?.*?((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? .*\d{1,2}:\d\d.*)$/;
const LINE_MAX = 400;
const BLOCK = 4 * 1024 * 1024;
/** So much of a message is looked at for its header. */
const HEAD_MAX = 65_536;

/** Finds the messages of an mbox: a line `From … <date>` after an empty line begins one. Where no such line has a date, each `From ` after
 * an empty line does. @throws {SourceError} file_broken: it does not begin with one */
async function indexMbox(file: RawFile): Promise<MboxMessage[]> {
  const first = (await file.slice(0, LINE_MAX)).toString("latin1");
  if (file.size === 0) return [];
  if (!first.startsWith("From "))
    throw new SourceError("file_broken", "it is no mbox file: it does not begin with «From »", true);
  const isStrict = FROM_LINE.test(lineOf(first));
  const found: { at: number; start: number; stamp: string }[] = [];
  const take = (at: number, line: string): void => {
    const match = FROM_LINE.exec(line);
    if (isStrict && match === null) return;
    found.push({ at, start: at + Buffer.byteLength(line, "latin1"), stamp: match?.[2]?.trim() ?? "" });
  };
  take(0, lineOf(first));
  for (let base = 0; base < file.size; base += BLOCK) {
    // Two octets before, to see the empty line; some more behind, to see the whole line.
    const from = Math.max(0, base - 3);
    const block = await file.slice(from, BLOCK + LINE_MAX + 3);
    for (let lf = block.indexOf(LF_FROM); lf >= 0; lf = block.indexOf(LF_FROM, lf + 1)) {
      const at = from + lf + 1;
      if (at < base || at >= base + BLOCK || at === 0) continue;
      const before = block[lf - 1] === CR ? block[lf - 2] : block[lf - 1];
      if (before !== LF && lf > 0) continue;
      take(at, lineOf(block.subarray(lf + 1, lf + 1 + LINE_MAX).toString("latin1")));
    }
  }
  const messages: MboxMessage[] = [];
  for (const [i, { start, stamp }] of found.entries()) {
    const end = found[i + 1]?.at ?? file.size;
    const begin = await afterLine(file, start, end);
    messages.push({ start: begin, end: Math.max(begin, await beforeEmptyLine(file, begin, end)), stamp });
  }
  return messages;
}

const lineOf = (text: string): string => /^[^\r\n]*/.exec(text)?.[0] ?? "";

/** Where the next line begins. */
async function afterLine(file: RawFile, from: number, end: number): Promise<number> {
  for (let at = from; at < end; at += HEAD_MAX) {
    const lf = (await file.slice(at, Math.min(HEAD_MAX, end - at))).indexOf(LF);
    if (lf >= 0) return at + lf + 1;
  }
  return end;
}

/** The line between two messages belongs to none. */
async function beforeEmptyLine(file: RawFile, start: number, end: number): Promise<number> {
  const from = Math.max(start, end - 4);
  const tail = (await file.slice(from, end - from)).toString("latin1");
  if (tail.endsWith("\n\r\n")) return end - 2;
  return tail.endsWith("\n\n") ? end - 1 : end;
}

/** What programs add to the header of a message in an mbox: it was not in the message. */
const ADDED =
  /^(status|x-status|x-keywords|x-uid|x-imap|x-imapbase|x-mozilla-status2?|x-mozilla-keys|x-gmail-labels|x-gm-thrid|content-length):/i;

/** Undoes what the format does to a message: `>From ` lines (mboxrd), added fields. */
async function* plainMessage(octets: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0);
  let inHeader = true;
  let isSkipping = false;
  // What follows a line that was too long to be held is passed on up to its end.
  let isInside = false;
  const take = (line: Buffer): Buffer | null => {
    if (inHeader) {
      const isFolded = line[0] === 32 || line[0] === 9;
      if (/^\r?\n?$/.test(line.subarray(0, 3).toString("latin1"))) inHeader = false;
      isSkipping = inHeader && (isFolded ? isSkipping : ADDED.test(line.subarray(0, 40).toString("latin1")));
      return isSkipping ? null : line;
    }
    if (line[0] !== 0x3e) return line;
    const quotes = line.findIndex((octet) => octet !== 0x3e);
    const isQuoted = quotes > 0 && line.subarray(quotes, quotes + FROM.length).equals(FROM);
    return isQuoted ? line.subarray(1) : line;
  };
  for await (const piece of octets) {
    const bytes = held.length === 0 ? Buffer.from(piece) : Buffer.concat([held, piece]);
    const lines: Buffer[] = [];
    let from = 0;
    for (let lf = bytes.indexOf(LF); lf >= 0; lf = bytes.indexOf(LF, from)) {
      const line = bytes.subarray(from, lf + 1);
      const kept = isInside ? line : take(line);
      isInside = false;
      if (kept !== null) lines.push(kept);
      from = lf + 1;
    }
    held = bytes.subarray(from);
    if (held.length > HEAD_MAX) {
      const kept = isInside ? held : take(held);
      if (kept !== null) lines.push(kept);
      isInside = true;
      held = Buffer.alloc(0);
    }
    yield Buffer.concat(lines);
  }
  const kept = held.length === 0 || isInside ? held : take(held);
  if (kept !== null && kept.length > 0) yield kept;
}

const bit = (isSo: boolean, value: number): number => (isSo ? value : 0);
type Fields = ReturnType<typeof fieldsOf>;
const fieldOf = (fields: Fields, name: string): string =>
  fields.find((one) => one.name === name)?.value ?? "";

/** How a message is marked, in the ways of those who write mbox files. @returns null: it is marked as removed */
export function mboxFlags(fields: Fields): Flags | null {
  const status = `${fieldOf(fields, "status")}${fieldOf(fields, "x-status")}`;
  const mozilla = Number.parseInt(fieldOf(fields, "x-mozilla-status") || "0", 16) || 0;
  if ((mozilla & 0x8) !== 0) return null;
  const labels = labelsOf(fields);
  const says = (letter: string): boolean => status.includes(letter);
  const isRead =
    labels === null ? says("R") || (mozilla & 0x1) !== 0 : !labels.some((one) => /^unread$/i.test(one));
  const isStarred = labels?.some((one) => /^starred$/i.test(one)) ?? false;
  const bits =
    bit(isRead, FLAG.seen) |
    bit(says("A") || (mozilla & 0x2) !== 0, FLAG.answered) |
    bit(says("F") || (mozilla & 0x4) !== 0 || isStarred, FLAG.flagged) |
    bit(says("D"), FLAG.deleted) |
    bit(says("T"), FLAG.draft);
  const words = `${fieldOf(fields, "x-keywords")} ${fieldOf(fields, "x-mozilla-keys")}`.split(/\s+/);
  const { keywords } = fromKeywords(
    words.filter((word) => /^[\x21-\x7e]{1,100}$/.test(word) && !word.startsWith("\\")),
  );
  return { bits, keywords };
}

/** Gmail's labels of a message; null: it is not from there. */
function labelsOf(fields: Fields): string[] | null {
  const text = decodeWords(fieldOf(fields, "x-gmail-labels"));
  if (text === "") return null;
  return [...text.matchAll(/"((?:[^"]|"")*)"|([^,]+)/g)]
    .map(([, quoted, bare = ""]) => (quoted ?? bare).trim())
    .filter((label) => label !== "");
}

const NO_FOLDER = /^(unread|opened|starred|important|archived|muted|snoozed|chat|chats|category .*)$/i;

/** The one folder that a message of Gmail goes to: it stands once, however many labels it has. */
function folderOfLabels(labels: readonly string[]): string[] {
  const folders = labels.filter((label) => !NO_FOLDER.test(label));
  const byUse = (use: string): string | undefined => folders.find((label) => useByName(label) === use);
  for (const use of ["trash", "junk", "drafts", "inbox"]) {
    const label = byUse(use);
    if (label !== undefined) return use === "inbox" ? ["INBOX"] : [label];
  }
  const own = folders.find((label) => useByName(label) === null);
  if (own !== undefined) return own.split("/");
  const sent = byUse("sent");
  return sent === undefined ? ["Archive"] : [sent];
}

interface MboxFile {
  readonly name: string;
  readonly file: RawFile;
  readonly archive: Archive | null;
  /** what is to be closed with the source */
  readonly parts: AsyncDisposableStack;
  readonly stopping: AbortSignal;
}

/** The folders of an mbox file, or of a zip of them. @throws {SourceError} */
export async function mboxFolders(deps: FileDeps, wanted: MboxFile): Promise<FileFolder[]> {
  const { name, file, archive, parts, stopping } = wanted;
  const folders = new Map<string, { levels: readonly string[]; items: FileItem[] }>();
  let base = 0;
  const add = async (mbox: RawFile, levels: readonly string[]): Promise<void> => {
    const messages = await indexMbox(mbox);
    const [first] = messages;
    const isGmail =
      first !== undefined && (await headOf(mbox, first)).some((one) => one.name === "x-gmail-labels");
    for (const [i, message] of messages.entries()) {
      const labels = isGmail ? labelsOf(await headOf(mbox, message)) : null;
      const path = labels === null ? levels : folderOfLabels(labels);
      const key = JSON.stringify(path);
      const folder = folders.get(key) ?? { levels: path, items: [] };
      folders.set(key, folder);
      folder.items.push({ uid: base + i + 1, open: () => openMessage(deps, mbox, message) });
    }
    if (messages.length === 0 && !folders.has(JSON.stringify(levels)))
      folders.set(JSON.stringify(levels), { levels, items: [] });
    base += messages.length;
  };
  if (archive === null) await add(file, [plainName(name)]);
  else {
    for (const entry of archive.entries.filter(isMbox)) {
      const mbox = await unpackedMbox(deps, entry, stopping);
      if (mbox === null) continue;
      parts.use(mbox);
      await add(mbox, levelsOf(entry.path));
    }
    if (folders.size === 0) throw new SourceError("file_broken", "there is no mbox file in it", true);
  }
  return [...folders.values()];
}

async function headOf(file: RawFile, { start, end }: MboxMessage): Promise<Fields> {
  return fieldsOf(await file.slice(start, Math.min(HEAD_MAX, end - start)));
}

const INDEXES = /\.(msf|dat|json|html?|txt|db|plist|toc|emlx|eml)$/i;
const isMbox = ({ path }: ArchiveEntry): boolean =>
  !INDEXES.test(path.at(-1) ?? "") && !path.some((one) => /^(__MACOSX|\..*)$/.test(one));

/** @returns null: it is something else @throws {SourceError} */
async function unpackedMbox(
  deps: FileDeps,
  entry: ArchiveEntry,
  stopping: AbortSignal,
): Promise<RawFile | null> {
  if (entry.isEncrypted) throw new SourceError("file_broken", "the zip file is encrypted", true);
  if (entry.size > deps.fileMaxBytes)
    throw new SourceError("file_too_large", `${entry.path.join("/")} has ${entry.size} octets`, true);
  let unpacked: RawFile;
  try {
    unpacked = await RawFile.of(deps.spool, entry.open(), deps.fileMaxBytes, stopping);
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new SourceError("file_broken", `${entry.path.join("/")} is damaged`, true, { cause: error });
  }
  const isOne = unpacked.size === 0 || (await unpacked.slice(0, FROM.length)).equals(FROM);
  if (isOne) return unpacked;
  await unpacked[Symbol.asyncDispose]();
  return null;
}

const plainName = (name: string): string => name.replace(/\.(mbox|mbx|mbs)$/i, "");

/** Folders as programs keep them: `Takeout/Mail/x.mbox`, `Local Folders/Work.sbd/2020`, `Work.mbox/mbox`. */
function levelsOf(path: readonly string[]): string[] {
  const levels = path.filter(
    (level, i) => !(i < 2 && /^(takeout|mail|local folders)$/i.test(level) && path.length > i + 1),
  );
  const named = levels.at(-1) === "mbox" && levels.length > 1 ? levels.slice(0, -1) : levels;
  return named.map((level) => plainName(level.replace(/\.sbd$/i, "")));
}

async function openMessage(
  deps: FileDeps,
  file: RawFile,
  { start, end, stamp }: MboxMessage,
): Promise<FileMessage | FileFault | null> {
  const fields = await headOf(file, { start, end, stamp });
  const flags = mboxFlags(fields);
  if (flags === null) return null;
  const content = await spooled(
    deps.spool,
    withCrlf(plainMessage(file.read(start, end))),
    deps.maxMessageBytes,
  );
  if (content === null)
    return {
      code: "too_large",
      detail: `${end - start} octets; at most ${deps.maxMessageBytes} are taken here`,
    };
  return { flags, receivedAt: parseDateTime(stamp)?.ms ?? arrivalOf(fields) ?? 0, content };
}
