const LF = 10;
const CR = 13;
const DOT = 46;

const encoder = new TextEncoder();
const INSERT_CR = encoder.encode("\r");
const INSERT_LF = encoder.encode("\n");
const INSERT_DOT = encoder.encode(".");

/** Makes a message fit to be sent after DATA: doubles the dot at the start of a line (RFC 5321 §4.5.2), and turns each bare
 * CR or LF into CRLF, which §2.3.8 forbids to send: some receiver takes them for line ends and would see another
 * message than we do. All other octets stay. */
export class DotWriter {
  /** -1 before the first octet */
  #last = -1;

  /** @param give called with the octets to send, as views of the chunk and short constants */
  push(chunk: Uint8Array, give: (piece: Uint8Array) => void): void {
    let from = 0;
    const insert = (at: number, octets: Uint8Array): void => {
      if (at > from) give(chunk.subarray(from, at));
      give(octets);
      from = at;
    };
    let i = 0;
    let cr = -1;
    while (i < chunk.length) {
      if (this.#last === CR && chunk[i] !== LF) {
        insert(i, INSERT_LF);
        this.#last = LF;
      }
      if ((this.#last === LF || this.#last === -1) && chunk[i] === DOT) insert(i, INSERT_DOT);
      const lf = chunk.indexOf(LF, i);
      const lineEnd = lf < 0 ? chunk.length : lf;
      if (cr < i) {
        const next = chunk.indexOf(CR, i);
        cr = next < 0 ? chunk.length : next;
      }
      if (cr < lineEnd) {
        this.#last = CR;
        i = cr + 1;
        continue;
      }
      if (lf < 0) {
        this.#last = chunk[chunk.length - 1] ?? this.#last;
        break;
      }
      if ((lf > i ? chunk[lf - 1] : this.#last) !== CR) insert(lf, INSERT_CR);
      this.#last = LF;
      i = lf + 1;
    }
    if (chunk.length > from) give(chunk.subarray(from));
  }

  /** @returns what ends the message: its last line's end if that is missing, and the final dot */
  end(): Uint8Array {
    const missing = this.#last === LF || this.#last === -1 ? "" : this.#last === CR ? "\n" : "\r\n";
    return encoder.encode(`${missing}.\r\n`);
  }
}
