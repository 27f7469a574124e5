const NONE = new Uint8Array(0);
/** Space that is made for the first bytes. */
const FIRST = 256;

/** Bytes that arrive piece by piece; appending costs amortised constant time a byte. Without bytes it holds no space: tens of
 * thousands of sessions wait. */
export class GrowingBytes {
  #space = NONE;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const needed = this.#length + bytes.length;
    if (needed > this.#space.length) {
      const larger = new Uint8Array(Math.max(needed, this.#space.length * 2, FIRST));
      larger.set(this.#space.subarray(0, this.#length));
      this.#space = larger;
    }
    this.#space.set(bytes, this.#length);
    this.#length = needed;
  }

  /** The bytes so far; valid until the next append, which may leave this view behind. */
  view(): Uint8Array {
    return this.#space.subarray(0, this.#length);
  }

  /** Drops the last `count` bytes. */
  shorten(count: number): void {
    this.#length -= Math.min(count, this.#length);
  }

  /** Hands over the bytes and starts empty. */
  take(): Uint8Array {
    const taken = this.view();
    this.#space = NONE;
    this.#length = 0;
    return taken;
  }
}
