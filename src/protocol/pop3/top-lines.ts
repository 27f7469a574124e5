const LF = 10;
const CR = 13;

/** Finds where the answer to TOP ends (RFC 1939 §7): behind the header, the empty line after it, and so many lines of the
 * body. A message without an empty line is all header. A bare LF ends a line too. */
export class TopLines {
  #left: number;
  #inHeader = true;
  /** Octets of the header line that has begun, and the first of them. */
  #lineOctets = 0;
  #firstOctet = -1;
  #isDone = false;

  /** @param lines of the body */
  constructor(lines: number) {
    this.#left = lines;
  }

  /** Nothing that follows belongs to the answer. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** @returns the octets of the chunk that belong to the answer */
  take(chunk: Uint8Array): Uint8Array {
    let at = 0;
    while (!this.#isDone && at < chunk.length) {
      const lf = chunk.indexOf(LF, at);
      const end = lf < 0 ? chunk.length : lf;
      if (this.#inHeader) this.#readHeader(chunk, at, end, lf >= 0);
      else if (lf >= 0) this.#left -= 1;
      this.#isDone = !this.#inHeader && this.#left === 0;
      at = lf < 0 ? chunk.length : lf + 1;
    }
    return at === chunk.length ? chunk : chunk.subarray(0, at);
  }

  #readHeader(chunk: Uint8Array, from: number, to: number, endsLine: boolean): void {
    if (this.#lineOctets === 0 && to > from) this.#firstOctet = chunk[from] ?? -1;
    this.#lineOctets += to - from;
    if (!endsLine) return;
    const isEmpty = this.#lineOctets === 0 || (this.#lineOctets === 1 && this.#firstOctet === CR);
    this.#inHeader = !isEmpty;
    this.#lineOctets = 0;
  }
}
