import { createGunzip } from "node:zlib";
import { Readable } from "node:stream";
import { type Entry, fromFd, type ZipFile } from "yauzl";
import { SourceError } from "../../src/migration/index.ts";
import type { SpoolDir } from "../inbound/spool.ts";
import { RawFile } from "./raw-file.ts";

/** A file in an archive. */
export interface ArchiveEntry {
  /** its number in the archive, from 1 on */
  readonly n: number;
  /** Its levels: never empty, none of them `..`, since it is a name here and no path of this machine. */
  readonly path: readonly string[];
  /** as the archive says */
  readonly size: number;
  /** milliseconds since the epoch; null: not said, or without a zone */
  readonly modifiedAt: number | null;
  readonly isEncrypted: boolean;
  open(): AsyncIterable<Uint8Array>;
}

export interface Archive extends AsyncDisposable {
  readonly entries: readonly ArchiveEntry[];
}

/** More is an attack, or must be brought in parts. */
const ENTRIES_MAX = 1_000_000;

const levelsOf = (name: string): string[] =>
  name.split(/[/\\]/).filter((level) => level !== "" && level !== "." && level !== "..");

const broken = (detail: string, cause?: unknown): SourceError =>
  new SourceError("file_broken", detail, true, { cause });

/** Opens a zip, a tar or a gzipped tar. @returns null: it is none of these
 * @throws {SourceError} file_broken, file_too_large */
export async function openArchive(
  file: RawFile,
  dir: SpoolDir,
  maxBytes: number,
  stopping: AbortSignal,
): Promise<Archive | null> {
  const head = await file.slice(0, 512);
  if (head.subarray(0, 2).toString("latin1") === "PK") return openZip(file);
  if (head[0] === 0x1f && head[1] === 0x8b) {
    const plain = Readable.from(file.read()).pipe(createGunzip());
    const unpacked = await RawFile.of(dir, plain, maxBytes, stopping).catch((error: unknown) => {
      throw error instanceof SourceError ? error : broken("the gzip file is damaged", error);
    });
    try {
      if (!isTar(await unpacked.slice(0, 512))) throw broken("there is no tar in the gzip file");
      return {
        entries: await tarEntries(unpacked),
        [Symbol.asyncDispose]: () => unpacked[Symbol.asyncDispose](),
      };
    } catch (error) {
      await unpacked[Symbol.asyncDispose]();
      throw error;
    }
  }
  if (!isTar(head)) return null;
  return { entries: await tarEntries(file), [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Info-ZIP's extended time stamp, which has a zone; the other one has none. */
const TIME_FIELD = 0x5455;

async function openZip(file: RawFile): Promise<Archive> {
  // Names come as octets: the library would refuse the whole file for one that looks like a path out of it.
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: true };
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    fromFd(file.fd, options, (error, opened) =>
      error === null ? resolve(opened) : reject(broken("the zip file is damaged", error)),
    );
  });
  const entries: ArchiveEntry[] = [];
  let n = 0;
  await new Promise<void>((resolve, reject) => {
    zip.on("error", (error: unknown) => reject(broken("the zip file is damaged", error)));
    zip.on("end", resolve);
    zip.on("entry", (entry: Entry) => {
      n += 1;
      if (n > ENTRIES_MAX) {
        reject(new SourceError("file_too_large", `more than ${ENTRIES_MAX} files in it`, true));
        return;
      }
      const raw = entry.fileNameRaw;
      const name = raw.toString(isUtf8(raw) ? "utf8" : "latin1");
      const path = levelsOf(name);
      const hasTime = entry.extraFields.some((field) => field.id === TIME_FIELD);
      if (!name.endsWith("/") && path.length > 0)
        entries.push({
          n,
          path,
          size: entry.uncompressedSize,
          modifiedAt: hasTime ? entry.getLastModDate().getTime() : null,
          isEncrypted: entry.isEncrypted(),
          open: () => unzipped(zip, entry),
        });
      zip.readEntry();
    });
    zip.readEntry();
  });
  return { entries, [Symbol.asyncDispose]: () => Promise.resolve() };
}

function isUtf8(octets: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(octets);
    return true;
  } catch {
    return false;
  }
}

async function* unzipped(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  const stream = await new Promise<Readable>((resolve, reject) => {
    zip.openReadStream(entry, (error, opened) => (error === null ? resolve(opened) : reject(error)));
  });
  try {
    for await (const piece of stream) if (piece instanceof Uint8Array) yield piece;
  } finally {
    stream.destroy();
  }
}

const BLOCK = 512;
const isTar = (head: Buffer): boolean =>
  head.length === BLOCK && head.subarray(257, 262).toString("latin1") === "ustar";

const textAt = (block: Buffer, start: number, length: number): string =>
  block
    .subarray(start, start + length)
    .toString("utf8")
    .replace(/\0[^]*$/, "");

/** An octal number, or a binary one where the first bit is set. */
function numberAt(block: Buffer, start: number, length: number): number {
  const field = block.subarray(start, start + length);
  if (((field[0] ?? 0) & 0x80) === 0)
    return Number.parseInt(
      field
        .toString("latin1")
        .replace(/[\0 ]+$/, "")
        .trim() || "0",
      8,
    );
  return field.subarray(1).reduce((sum, octet) => sum * 256 + octet, 0);
}

/** Names that are too long for the header stand in a file of their own before it. */
const LONG_NAME_MAX = 65_536;

async function tarEntries(file: RawFile): Promise<ArchiveEntry[]> {
  const entries: ArchiveEntry[] = [];
  let long: string | null = null;
  for (let at = 0; at + BLOCK <= file.size;) {
    const head = await file.slice(at, BLOCK);
    if (head.every((octet) => octet === 0)) break;
    if (!isTar(head)) throw broken(`the tar file is damaged at ${at}`);
    const size = numberAt(head, 124, 12);
    const start = at + BLOCK;
    if (!Number.isSafeInteger(size) || size < 0 || start + size > file.size)
      throw broken("the tar file ends too early");
    const type = String.fromCharCode(head[156] ?? 0);
    at = start + Math.ceil(size / BLOCK) * BLOCK;
    if (type === "L" || type === "x") {
      const text = (await file.slice(start, Math.min(size, LONG_NAME_MAX))).toString("utf8");
      long = type === "L" ? text.replace(/\0[^]*$/, "") : (/^\d+ path=(.*)$/m.exec(text)?.[1] ?? long);
      continue;
    }
    const prefix = textAt(head, 345, 155);
    const name = long ?? (prefix === "" ? textAt(head, 0, 100) : `${prefix}/${textAt(head, 0, 100)}`);
    long = null;
    const path = levelsOf(name);
    if ((type !== "0" && type !== "\0") || path.length === 0) continue;
    if (entries.length >= ENTRIES_MAX)
      throw new SourceError("file_too_large", `more than ${ENTRIES_MAX} files in it`, true);
    entries.push({
      n: entries.length + 1,
      path,
      size,
      modifiedAt: numberAt(head, 136, 12) * 1_000 || null,
      isEncrypted: false,
      open: () => file.read(start, start + size),
    });
  }
  return entries;
}
