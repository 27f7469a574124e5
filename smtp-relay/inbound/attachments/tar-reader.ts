import { guessText } from "../../../src/protocol/encoding/index.ts";
import { type FileReader, type Inspection, joined, type LookedAt } from "./inspection.ts";

const BLOCK = 512;
/** A long name (GNU's `L`, pax's `path`) is no longer than this. */
const NAME_MAX = 8_192;

/** Looks at the files of a tar archive (POSIX ustar, with the long names of GNU and pax). */
export class TarReader implements FileReader {
  readonly #inspection: Inspection;
  readonly #path: string;
  readonly #depth: number;
  #pending: Uint8Array = new Uint8Array(0);
  #left = 0;
  /** Up to the next block. */
  #padding = 0;
  #file: LookedAt | null = null;
  #longName: { readonly isPax: boolean; octets: Uint8Array } | null = null;
  #nextName: string | null = null;
  #isOver = false;

  constructor(inspection: Inspection, path: string, depth: number) {
    this.#inspection = inspection;
    this.#path = path;
    this.#depth = depth;
  }

  async push(chunk: Uint8Array): Promise<void> {
    let at = 0;
    while (at < chunk.length && !this.#isOver && !this.#inspection.isOver) {
      if (this.#left > 0) {
        const piece = chunk.subarray(at, at + this.#left);
        at += piece.length;
        this.#left -= piece.length;
        await this.#take(piece);
        if (this.#left === 0) await this.#endFile();
      } else if (this.#padding > 0) {
        const skipped = Math.min(this.#padding, chunk.length - at);
        at += skipped;
        this.#padding -= skipped;
      } else {
        const piece = chunk.subarray(at, at + BLOCK - this.#pending.length);
        at += piece.length;
        this.#pending = joined(this.#pending, piece);
        if (this.#pending.length === BLOCK) {
          const header = this.#pending;
          this.#pending = new Uint8Array(0);
          await this.#open(header);
        }
      }
    }
  }

  async end(): Promise<void> {
    await this.#file?.end();
  }

  async #open(header: Uint8Array): Promise<void> {
    const size = sizeOf(header);
    if (header[0] === 0 || size === null) {
      this.#isOver = true;
      if (header[0] !== 0) this.#inspection.closed(this.#path, "damaged");
      return;
    }
    const type = String.fromCharCode(header[156] ?? 0);
    this.#left = size;
    this.#padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (type === "L" || type === "x") this.#longName = { isPax: type === "x", octets: new Uint8Array(0) };
    else if (type === "0" || type === "\0" || type === "7") {
      const prefix = text(header, 345, 155);
      const name = this.#nextName ?? `${prefix === "" ? "" : `${prefix}/`}${text(header, 0, 100)}`;
      const path = `${this.#path}/${name}`;
      this.#nextName = null;
      this.#inspection.entry();
      this.#inspection.name(path, name);
      this.#file = this.#inspection.file(path, this.#depth);
    } else this.#nextName = null;
    if (size === 0) await this.#endFile();
  }

  async #take(piece: Uint8Array): Promise<void> {
    const name = this.#longName;
    if (name === null) {
      await this.#inspection.unpacked(piece.length);
      await this.#file?.push(piece);
    } else if (name.octets.length < NAME_MAX) name.octets = joined(name.octets, piece);
  }

  async #endFile(): Promise<void> {
    await this.#file?.end();
    this.#file = null;
    const name = this.#longName;
    if (name === null) return;
    const told = guessText(name.octets.subarray(0, NAME_MAX));
    this.#nextName = name.isPax
      ? (/(?:^|\n)\d+ path=([^\n]*)\n/.exec(told)?.[1] ?? null)
      : told.replace(/\0[^]*$/, "");
    this.#longName = null;
  }
}

function text(header: Uint8Array, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return guessText(end < 0 ? field : field.subarray(0, end));
}

/** Octal digits, or GNU's binary form; null: neither. */
function sizeOf(header: Uint8Array): number | null {
  if (((header[124] ?? 0) & 0x80) !== 0) {
    let size = (header[124] ?? 0) & 0x7f;
    for (let i = 125; i < 136; i++) size = size * 256 + (header[i] ?? 0);
    return Number.isSafeInteger(size) ? size : null;
  }
  const digits = text(header, 124, 12).trim();
  return /^[0-7]{0,12}$/.test(digits) ? Number.parseInt(digits || "0", 8) : null;
}
