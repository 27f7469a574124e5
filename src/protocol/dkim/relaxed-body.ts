const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;

/** The "relaxed" form of a body, in pieces (RFC 6376 §3.4.4): white space inside a line becomes one space, at its end none, and empty
 * lines at the end of the body are nothing. A bare CR or LF counts as a line end, since that is what is sent for it. */
export class RelaxedBody {
  #emptyLines = 0;
  #isAfterCr = false;
  #hasSpace = false;
  #hasText = false;

  /** @param give called with what is to be hashed */
  push(chunk: Uint8Array, give: (piece: Uint8Array) => void): void {
    const out = new Uint8Array(chunk.length * 2 + 2);
    let n = 0;
    for (const octet of chunk) {
      if (octet === LF && this.#isAfterCr) {
        this.#isAfterCr = false;
        continue;
      }
      this.#isAfterCr = octet === CR;
      if (octet === LF || octet === CR) {
        this.#hasSpace = false;
        if (this.#hasText) {
          out[n++] = CR;
          out[n++] = LF;
          this.#hasText = false;
        } else this.#emptyLines += 1;
      } else if (octet === SPACE || octet === TAB) this.#hasSpace = true;
      else {
        if (this.#emptyLines > 0) {
          if (n > 0) give(out.slice(0, n));
          n = 0;
          this.#giveEmptyLines(give);
        }
        if (this.#hasSpace) out[n++] = SPACE;
        this.#hasSpace = false;
        out[n++] = octet;
        this.#hasText = true;
      }
    }
    if (n > 0) give(out.subarray(0, n));
  }

  /** The last line gets its end if that is missing. */
  end(give: (piece: Uint8Array) => void): void {
    if (this.#hasText) give(LINE_END);
  }

  #giveEmptyLines(give: (piece: Uint8Array) => void): void {
    for (; this.#emptyLines >= MANY; this.#emptyLines -= MANY) give(MANY_LINES);
    if (this.#emptyLines > 0) give(MANY_LINES.subarray(0, this.#emptyLines * 2));
    this.#emptyLines = 0;
  }
}

const LINE_END = new Uint8Array([CR, LF]);
const MANY = 1_024;
const MANY_LINES = new Uint8Array(MANY * 2).map((_, i) => (i % 2 === 0 ? CR : LF));
