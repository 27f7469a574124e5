import { Inflate } from "fflate";
import { guessText } from "../../../src/protocol/encoding/index.ts";
import { type FileReader, type Inspection, joined, type LookedAt } from "./inspection.ts";
import { Unpacker } from "./unpacker.ts";

const [LOCAL, CENTRAL, END, END_64, LOCATOR_64, DESCRIPTOR] = [
  0x04034b50, 0x02014b50, 0x06054b50, 0x06064b50, 0x07064b50, 0x08074b50,
];
/** So much of the end is kept, to find a directory that the order of the file hides. */
const TAIL = 262_144;
/** Longer records are none that anybody writes. */
const RECORD_MAX = 1 << 18;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;
const HAS_DESCRIPTOR = 8;

/** Looks at the files of a ZIP archive (APPNOTE 6.3.10) in the order in which they stand. Programs go by the directory at its end: that
 * is read too, and an archive in which the two do not fit is called damaged. */
export class ZipReader implements FileReader {
  readonly #inspection: Inspection;
  readonly #path: string;
  readonly #depth: number;
  #pending: Uint8Array = new Uint8Array(0);
  #tail: Uint8Array = new Uint8Array(0);
  /** over: the end record has been read. lost: what stands here is none of the archive's records. */
  #state: "header" | "data" | "search" | "over" | "lost" = "header";
  #left = 0;
  #file: LookedAt | null = null;
  /** Null: what is stored is the file itself. */
  #unpacker: Unpacker | null = null;

  constructor(inspection: Inspection, path: string, depth: number) {
    this.#inspection = inspection;
    this.#path = path;
    this.#depth = depth;
  }

  async push(chunk: Uint8Array): Promise<void> {
    this.#tail = joined(this.#tail.subarray(Math.max(0, this.#tail.length + chunk.length - TAIL)), chunk);
    let octets = this.#pending.length === 0 ? chunk : joined(this.#pending, chunk);
    while (octets.length > 0 && !this.#inspection.isOver) {
      const used = await this.#step(octets);
      if (used === 0) break;
      octets = octets.subarray(used);
    }
    this.#pending = octets.slice();
  }

  async end(): Promise<void> {
    await this.#endFile();
    if (this.#state === "over") return;
    this.#inspection.closed(this.#path, "damaged");
    for (const { name, isEncrypted } of directory(this.#tail)) this.#name(name, isEncrypted);
  }

  /** @returns how many octets it has used; 0: it needs more */
  async #step(octets: Uint8Array): Promise<number> {
    switch (this.#state) {
      case "header":
        return this.#header(octets, new DataView(octets.buffer, octets.byteOffset, octets.length));
      case "data": {
        const piece = octets.subarray(0, this.#left);
        this.#left -= piece.length;
        await this.#content(piece);
        if (this.#left === 0) await this.#endFile();
        return piece.length;
      }
      case "search":
        return this.#search(octets);
      case "over":
      case "lost":
        break;
    }
    // Something follows the end: a second archive may begin there, and programs go by the last directory.
    this.#state = "lost";
    return octets.length;
  }

  #header(octets: Uint8Array, view: DataView): number {
    if (octets.length < 4) return 0;
    const signature = view.getUint32(0, true);
    const fixed = FIXED.get(signature);
    if (fixed === undefined) {
      this.#state = "lost";
      return octets.length;
    }
    if (octets.length < fixed) return 0;
    const size = recordSize(signature, view);
    if (size > RECORD_MAX) {
      this.#state = "lost";
      return octets.length;
    }
    if (octets.length < size) return 0;
    if (signature === LOCAL) this.#local(octets.subarray(0, size), view);
    else if (signature === CENTRAL) {
      const { name, isEncrypted } = centralEntry(octets, view, 0);
      this.#name(name, isEncrypted);
    } else if (signature === END) this.#state = "over";
    return size;
  }

  #local(header: Uint8Array, view: DataView): void {
    const [flags, method] = [view.getUint16(6, true), view.getUint16(8, true)];
    const name = nameAt(header, 30, view.getUint16(26, true));
    const path = this.#name(name, (flags & ENCRYPTED) !== 0);
    this.#inspection.entry();
    const size = storedSize(header, view);
    this.#file = null;
    this.#unpacker = null;
    if ((flags & ENCRYPTED) === 0 && (method === STORED || method === DEFLATED)) {
      this.#file = this.#inspection.file(path, this.#depth);
      if (method === DEFLATED)
        this.#unpacker = new Unpacker(
          (take) => new Inflate(take),
          this.#inspection,
          this.#file,
          () => this.#inspection.closed(path, "damaged"),
        );
    } else if ((flags & ENCRYPTED) === 0) this.#inspection.closed(path, "kind");
    this.#left = size;
    this.#state = (flags & HAS_DESCRIPTOR) !== 0 && size === 0 ? "search" : size === 0 ? "header" : "data";
  }

  #name(name: string, isEncrypted: boolean): string {
    const path = `${this.#path}/${name}`;
    this.#inspection.name(path, name);
    if (isEncrypted) this.#inspection.closed(this.#path, "password");
    return path;
  }

  async #content(piece: Uint8Array): Promise<void> {
    if (this.#file === null || this.#file.isDone) return;
    if (this.#unpacker !== null) return this.#unpacker.push(piece);
    await this.#inspection.unpacked(piece.length);
    await this.#file.push(piece);
  }

  async #endFile(): Promise<void> {
    await this.#file?.end();
    this.#file = null;
    this.#unpacker = null;
    if (this.#state === "data" || this.#state === "search") this.#state = "header";
  }

  /** The size of this file stands behind it: the next record ends it. */
  async #search(octets: Uint8Array): Promise<number> {
    for (let at = octets.indexOf(0x50); at >= 0; at = octets.indexOf(0x50, at + 1)) {
      if (at + 4 > octets.length) {
        await this.#content(octets.subarray(0, at));
        return at;
      }
      const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
      const signature = view.getUint32(at, true);
      if (signature !== DESCRIPTOR && !FIXED.has(signature)) continue;
      await this.#content(octets.subarray(0, at));
      if (signature !== DESCRIPTOR) {
        await this.#endFile();
        return at;
      }
      // Its numbers have 32 bits or 64; what follows tells which.
      if (octets.length < at + 28) return at;
      const size = FIXED.has(view.getUint32(at + 16, true)) ? 16 : 24;
      await this.#endFile();
      return at + size;
    }
    await this.#content(octets);
    return octets.length;
  }
}

/** Octets of a record without its variable fields. */
const FIXED: ReadonlyMap<number, number> = new Map([
  [LOCAL, 30],
  [CENTRAL, 46],
  [END, 22],
  [END_64, 12],
  [LOCATOR_64, 20],
]);

/** @param view at a record, its fixed part is there */
function recordSize(signature: number, view: DataView): number {
  switch (signature) {
    case LOCAL:
      return 30 + view.getUint16(26, true) + view.getUint16(28, true);
    case CENTRAL:
      return centralSize(view, 0);
    case END:
      return 22 + view.getUint16(20, true);
    case END_64:
      return 12 + Number(view.getBigUint64(4, true));
    default:
      return 20;
  }
}

const centralSize = (view: DataView, at: number): number =>
  46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);

interface Listed {
  readonly name: string;
  readonly isEncrypted: boolean;
}

const centralEntry = (octets: Uint8Array, view: DataView, at: number): Listed => ({
  name: nameAt(octets, at + 46, view.getUint16(at + 28, true)),
  isEncrypted: (view.getUint16(at + 8, true) & ENCRYPTED) !== 0,
});

const nameAt = (octets: Uint8Array, at: number, length: number): string =>
  guessText(octets.subarray(at, at + length));

/** Octets that are stored; with ZIP64 they stand in the extra field 1 after the real size (§4.5.3). */
function storedSize(header: Uint8Array, view: DataView): number {
  const size = view.getUint32(18, true);
  if (size !== 0xffffffff) return size;
  for (
    let at = 30 + view.getUint16(26, true);
    at + 4 <= header.length;
    at += 4 + view.getUint16(at + 2, true)
  )
    if (view.getUint16(at, true) === 1 && at + 20 <= header.length)
      return Number(view.getBigUint64(at + 12, true));
  return size;
}

/** The files that the directory at the end of an archive lists, as far as it is here. */
function* directory(tail: Uint8Array): Generator<Listed> {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  let end = tail.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== END) end--;
  if (end < 0) return;
  // Offsets count from a start that need not be that of the file: the directory stands before its end.
  let at = Math.max(0, end - view.getUint32(end + 12, true));
  while (at + 46 <= end && view.getUint32(at, true) === CENTRAL) {
    yield centralEntry(tail, view, at);
    at += centralSize(view, at);
  }
}
