const LF = 10;
const CR = 13;
const DOT = 46;

const STATE = { lineStart: 0, text: 1, dot: 2, dotCr: 3, done: 4 } as const;
type State = (typeof STATE)[keyof typeof STATE];

const LONE_CR = Uint8Array.of(CR);

/** Takes the message out of the octets after DATA (RFC 5321 §4.5.2): a dot that begins a line is removed, and a line of
 * one dot ends the message. Only CRLF ends a line, for both: whoever takes a bare CR or LF for one lets a
 * sender smuggle a second message past the server before. All other octets come out as they went in. */
export class DotReader {
  #state: State = STATE.lineStart;
  /** The last octet was a CR (and has been given out). */
  #cr = false;

  /** The final dot has been seen. */
  get done(): boolean {
    return this.#state === STATE.done;
  }

  /** Reads a chunk, or a part of it when the message ends inside.
   * @param give called with the octets of the message, as views of the chunk
   * @returns how many octets were read; what follows is the next command */
  push(chunk: Uint8Array, give: (piece: Uint8Array) => void): number {
    let from = 0;
    let i = 0;
    const upTo = (end: number): void => {
      if (end > from) give(chunk.subarray(from, end));
    };
    while (i < chunk.length) {
      switch (this.#state) {
        case STATE.lineStart:
          if (chunk[i] === DOT) {
            upTo(i);
            this.#state = STATE.dot;
            from = ++i;
          } else {
            this.#state = STATE.text;
            this.#cr = false;
          }
          break;
        case STATE.text: {
          const lf = chunk.indexOf(LF, i);
          if (lf < 0) {
            this.#cr = chunk[chunk.length - 1] === CR;
            i = chunk.length;
          } else {
            if (lf > i ? chunk[lf - 1] === CR : this.#cr) this.#state = STATE.lineStart;
            this.#cr = false;
            i = lf + 1;
          }
          break;
        }
        case STATE.dot:
          if (chunk[i] === CR) {
            this.#state = STATE.dotCr;
            from = ++i;
          } else {
            this.#state = STATE.text;
            this.#cr = false;
          }
          break;
        case STATE.dotCr:
          if (chunk[i] === LF) {
            this.#state = STATE.done;
            return i + 1;
          }
          give(LONE_CR);
          this.#state = STATE.text;
          this.#cr = true;
          break;
        case STATE.done:
          return i;
      }
    }
    upTo(chunk.length);
    return chunk.length;
  }
}
