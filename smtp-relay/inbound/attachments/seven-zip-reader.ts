import type { Inspection } from "./inspection.ts";
import { OctetCursor, RecordReader, type Records, TAKE_MAX } from "./record-reader.ts";

export const SEVEN_ZIP = Uint8Array.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]);

/** Tells the names in a 7z archive, when its header is not compressed (7zFormat.txt of the 7-Zip SDK). Nothing here unpacks LZMA, and the
 * header stands behind the content: the archive is one that can't be opened. */
export class SevenZipReader extends RecordReader {
  constructor(inspection: Inspection, path: string) {
    super(records(inspection, path), inspection, path);
  }
}

function* records(inspection: Inspection, path: string): Records {
  const start = new OctetCursor(yield { take: 32 });
  start.skip(12);
  const [offset, size] = [start.number(8), start.number(8)];
  if (size === 0) return;
  if (size > TAKE_MAX) {
    inspection.closed(path, "kind");
    return;
  }
  yield { pass: offset, into: null };
  const header = new Header(yield { take: size });
  const names = header.names();
  inspection.closed(path, header.isEncrypted ? "password" : "kind");
  for (const name of names ?? []) {
    inspection.entry();
    inspection.name(`${path}/${name}`, name);
  }
}

const [END, HEADER, ARCHIVE_PROPERTIES, ADDITIONAL_STREAMS, MAIN_STREAMS, FILES] = [0, 1, 2, 3, 4, 5];
const [PACK_INFO, UNPACK_INFO, SUB_STREAMS, SIZE, CRC, FOLDER, UNPACK_SIZES, SUB_STREAM_COUNTS] = [
  6, 7, 8, 9, 10, 11, 12, 13,
];
const [NAMES, ENCODED_HEADER] = [0x11, 0x17];
/** AES-256 with a key made by SHA-256. */
const AES = "6f10701";
/** More streams or files than anybody's header describes. */
const COUNT_MAX = 100_000;

interface Folder {
  readonly outStreams: number;
  /** streams of files in it */
  files: number;
  hasDigest: boolean;
}

class Bad extends Error {}

/** What the header of an archive tells. */
class Header {
  readonly #cursor: OctetCursor;
  #folders: Folder[] = [];
  /** What it holds, or the rest of the header, is encrypted. */
  isEncrypted = false;

  constructor(octets: Uint8Array) {
    this.#cursor = new OctetCursor(octets);
  }

  /** Null: they are compressed, or can't be read. */
  names(): string[] | null {
    try {
      const kind = this.#cursor.number(1);
      if (kind === ENCODED_HEADER) this.#streams();
      return kind === HEADER ? this.#header() : null;
    } catch (error) {
      if (error instanceof Bad) return null;
      throw error;
    }
  }

  #header(): string[] {
    for (;;) {
      switch (this.#octet()) {
        case ARCHIVE_PROPERTIES:
          while (this.#octet() !== END) this.#cursor.skip(this.#number());
          break;
        case ADDITIONAL_STREAMS:
        case MAIN_STREAMS:
          this.#streams();
          break;
        case FILES:
          return this.#files();
        case END:
          return [];
        default:
          throw new Bad();
      }
    }
  }

  #files(): string[] {
    this.#number();
    for (let kind = this.#octet(); kind !== END; kind = this.#octet()) {
      const size = this.#number();
      if (kind !== NAMES) {
        this.#cursor.skip(size);
        continue;
      }
      if (this.#octet() !== 0) throw new Bad(); // names that are streams themselves
      const octets = this.#cursor.bytes(size - 1);
      const names = new TextDecoder("utf-16le").decode(octets).split("\0");
      return names.slice(0, COUNT_MAX).filter((name) => name !== "");
    }
    return [];
  }

  #streams(): void {
    for (let kind = this.#octet(); kind !== END; kind = this.#octet()) {
      if (kind === PACK_INFO) this.#packInfo();
      else if (kind === UNPACK_INFO) this.#unpackInfo();
      else if (kind === SUB_STREAMS) this.#subStreams();
      else throw new Bad();
    }
  }

  #packInfo(): void {
    this.#number();
    const count = this.#count();
    for (let kind = this.#octet(); kind !== END; kind = this.#octet()) {
      if (kind === SIZE) this.#numbers(count);
      else if (kind === CRC) this.#digests(count);
      else throw new Bad();
    }
  }

  #unpackInfo(): void {
    if (this.#octet() !== FOLDER) throw new Bad();
    const count = this.#count();
    if (this.#octet() !== 0) throw new Bad();
    this.#folders = [];
    for (let i = 0; i < count; i++) this.#folders.push(this.#folder());
    if (this.#octet() !== UNPACK_SIZES) throw new Bad();
    for (const { outStreams } of this.#folders) this.#numbers(outStreams);
    for (let kind = this.#octet(); kind !== END; kind = this.#octet()) {
      if (kind !== CRC) throw new Bad();
      const has = this.#digests(count);
      for (const [i, folder] of this.#folders.entries()) folder.hasDigest = has[i] ?? false;
    }
  }

  #folder(): Folder {
    let [inStreams, outStreams] = [0, 0];
    for (let coders = this.#few(); coders > 0; coders--) {
      const flags = this.#octet();
      const id = this.#cursor.bytes(flags & 15);
      if (Buffer.from(id).toString("hex").replace(/^0+/, "") === AES) this.isEncrypted = true;
      inStreams += (flags & 0x10) === 0 ? 1 : this.#few();
      outStreams += (flags & 0x10) === 0 ? 1 : this.#few();
      if ((flags & 0x20) !== 0) this.#cursor.skip(this.#number());
    }
    const pairs = Math.max(0, outStreams - 1);
    this.#numbers(pairs * 2);
    const packed = inStreams - pairs;
    if (packed > 1) this.#numbers(packed);
    return { outStreams, files: 1, hasDigest: false };
  }

  #subStreams(): void {
    for (let kind = this.#octet(); kind !== END; kind = this.#octet()) {
      if (kind === SUB_STREAM_COUNTS) for (const folder of this.#folders) folder.files = this.#count();
      else if (kind === SIZE) for (const folder of this.#folders) this.#numbers(folder.files - 1);
      else if (kind === CRC) {
        const unknown = this.#folders
          .filter((folder) => folder.files !== 1 || !folder.hasDigest)
          .reduce((sum, folder) => sum + folder.files, 0);
        this.#digests(unknown);
      } else throw new Bad();
    }
  }

  /** @returns which ones there are */
  #digests(count: number): boolean[] {
    const has: boolean[] = [];
    if (this.#octet() !== 0) for (let i = 0; i < Math.min(count, COUNT_MAX); i++) has.push(true);
    else
      for (let octet = 0, i = 0; i < Math.min(count, COUNT_MAX); i++, octet <<= 1) {
        if (i % 8 === 0) octet = this.#octet();
        has.push((octet & 0x80) !== 0);
      }
    this.#cursor.skip(has.filter(Boolean).length * 4);
    return has;
  }

  #numbers(count: number): void {
    for (let i = 0; i < count; i++) this.#number();
  }

  #few(): number {
    const count = this.#number();
    if (count > 32) throw new Bad();
    return count;
  }

  #count(): number {
    const count = this.#number();
    if (count > COUNT_MAX) throw new Bad();
    return count;
  }

  #octet(): number {
    const octet = this.#cursor.number(1);
    if (this.#cursor.isShort) throw new Bad();
    return octet;
  }

  /** The first bits say how many octets follow; those that are left are the highest. */
  #number(): number {
    const first = this.#octet();
    let value = 0;
    for (let i = 0, mask = 0x80; i < 8; i++, mask >>= 1) {
      if ((first & mask) === 0) return value + (first & (mask - 1)) * 2 ** (8 * i);
      value += this.#octet() * 2 ** (8 * i);
    }
    return value;
  }
}
