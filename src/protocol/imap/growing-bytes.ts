/** Bytes that arrive piece by piece; appending costs amortised constant time a byte. */
export class GrowingBytes {
  #space = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#space.length) {
      const larger = new Uint8Array(Math.max(needed, this.#space.length * 2));
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
    this.#space = new Uint8Array(256);
    this.#length = 0;
    return taken;
  }
}
