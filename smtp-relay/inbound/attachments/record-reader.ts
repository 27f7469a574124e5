import type { FileReader, Inspection, LookedAt } from "./inspection.ts";

/** What the description of a format asks for next: so many octets in hand, or so many that go by, into a file or past. */
export type Want =
  | { readonly take: number; /** The file may be over here. */ readonly mayEnd?: boolean }
  | { readonly pass: number; readonly into: LookedAt | null };

/** Describes a format: asks for octets, gets those that it wants to take, and returns when nothing of what follows matters.
 * What stands in the file is never believed: it asks for no more than it checks first. */
export type Records = Generator<Want, void, Uint8Array>;

/** So much is kept at a time; who asks for more gets an archive that is damaged. */
export const TAKE_MAX = 1 << 20;

/** Goes through the records of a file piece by piece, as its format describes them. */
export class RecordReader implements FileReader {
  readonly #records: Records;
  readonly #inspection: Inspection;
  readonly #path: string;
  #want: Want | null = null;
  #left = 0;
  #taken: Uint8Array[] = [];

  /** @param path of the file, which is called damaged when it ends too early */
  constructor(records: Records, inspection: Inspection, path: string) {
    this.#records = records;
    this.#inspection = inspection;
    this.#path = path;
    this.#next(new Uint8Array(0));
  }

  async push(chunk: Uint8Array): Promise<void> {
    let at = 0;
    while (this.#want !== null && !this.#inspection.isOver) {
      const piece = chunk.subarray(at, at + Math.min(this.#left, chunk.length - at));
      at += piece.length;
      this.#left -= piece.length;
      if ("take" in this.#want) {
        if (piece.length > 0) this.#taken.push(piece.slice());
      } else if (this.#want.into !== null && piece.length > 0) {
        await this.#inspection.unpacked(piece.length);
        if (!this.#want.into.isDone) await this.#want.into.push(piece);
      }
      if (this.#left > 0) return;
      await this.#finish(this.#want);
    }
  }

  async end(): Promise<void> {
    const want = this.#want;
    if (want === null) return;
    this.#want = null;
    if ("into" in want) await want.into?.end();
    else if (want.mayEnd === true && this.#taken.length === 0) return;
    this.#inspection.closed(this.#path, "damaged");
  }

  async #finish(want: Want): Promise<void> {
    const [only = new Uint8Array(0), ...more] = this.#taken;
    this.#taken = [];
    if ("into" in want) await want.into?.end();
    this.#next(more.length === 0 ? only : Buffer.concat([only, ...more]));
  }

  #next(octets: Uint8Array): void {
    const { value, done } = this.#records.next(octets);
    this.#want = done === true ? null : value;
    if (this.#want === null) return;
    this.#left = "take" in this.#want ? this.#want.take : this.#want.pass;
    if ("take" in this.#want && this.#left > TAKE_MAX) {
      this.#want = null;
      this.#inspection.closed(this.#path, "damaged");
    }
  }
}

/** Reads numbers out of octets that are in hand. Past the end there is 0, and `isShort` says so. */
export class OctetCursor {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  /** More was read than there is. */
  get isShort(): boolean {
    return this.#at > this.#octets.length;
  }

  get left(): number {
    return Math.max(0, this.#octets.length - this.#at);
  }

  /** A number of so many octets, the lowest first. */
  number(octets: 1 | 2 | 4 | 8): number {
    let value = 0;
    for (let i = octets - 1; i >= 0; i--) value = value * 256 + (this.#octets[this.#at + i] ?? 0);
    this.#at += octets;
    return value;
  }

  bytes(count: number): Uint8Array {
    const piece = this.#octets.subarray(this.#at, this.#at + count);
    this.#at += count;
    return piece;
  }

  skip(count: number): void {
    this.#at += count;
  }
}
