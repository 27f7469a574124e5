import type { Inspection, LookedAt } from "./inspection.ts";

/** The streams of fflate. */
interface Inflating {
  push(chunk: Uint8Array, isLast?: boolean): void;
}

/** What goes in at once can come out a thousand times larger. */
const SLICE = 4_096;

/** Unpacks deflated octets into the inspection of the file that they are, in small steps, for as long as that matters. */
export class Unpacker {
  readonly #inflate: Inflating;
  readonly #inspection: Inspection;
  readonly #file: LookedAt;
  readonly #onDamage: () => void;
  #out: Uint8Array[] = [];
  #isDamaged = false;

  constructor(
    open: (take: (chunk: Uint8Array) => void) => Inflating,
    inspection: Inspection,
    file: LookedAt,
    onDamage: () => void,
  ) {
    this.#inflate = open((chunk) => void this.#out.push(chunk));
    this.#inspection = inspection;
    this.#file = file;
    this.#onDamage = onDamage;
  }

  async push(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length && !this.#isDamaged && !this.#file.isDone; at += SLICE) {
      try {
        // A copy: fflate keeps what it was given until the next call.
        this.#inflate.push(chunk.slice(at, at + SLICE));
      } catch {
        this.#isDamaged = true;
        this.#onDamage();
      }
      for (const piece of this.#out.splice(0)) {
        await this.#inspection.unpacked(piece.length);
        await this.#file.push(piece);
      }
    }
  }
}
