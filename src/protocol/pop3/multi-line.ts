const LF = 10;
const CR = 13;
const DOT = 46;

const ONE_DOT = Uint8Array.of(DOT);
const END = new TextEncoder().encode(".\r\n");
const LINE_END_AND_END = new TextEncoder().encode("\r\n.\r\n");

/** Makes a message fit for a multi-line response (RFC 1939 §3): doubles the dot that begins a line, and says what ends
 * it. All other octets stay. A bare LF ends a line too, for the dot's sake: most clients take it for a line end, and
 * would else see the end of the message, and answers of a stranger's making behind it. */
export class MultiLineWriter {
  /** -1 before the first octet */
  #last = -1;
  #lastButOne = -1;

  /** @param give called with the octets to send, as views of the chunk and short constants */
  push(chunk: Uint8Array, give: (piece: Uint8Array) => void): void {
    if (chunk.length === 0) return;
    let from = 0;
    if ((this.#last === LF || this.#last === -1) && chunk[0] === DOT) give(ONE_DOT);
    for (let lf = chunk.indexOf(LF); lf >= 0; lf = chunk.indexOf(LF, lf + 1)) {
      if (chunk[lf + 1] !== DOT) continue;
      give(chunk.subarray(from, lf + 1));
      give(ONE_DOT);
      from = lf + 1;
    }
    give(from === 0 ? chunk : chunk.subarray(from));
    this.#lastButOne = chunk.length > 1 ? (chunk[chunk.length - 2] ?? -1) : this.#last;
    this.#last = chunk[chunk.length - 1] ?? -1;
  }

  /** @returns what ends the response: the end of its last line if that is missing, and the final dot */
  end(): Uint8Array {
    const isWhole = this.#last === -1 || (this.#last === LF && this.#lastButOne === CR);
    return isWhole ? END : LINE_END_AND_END;
  }
}
