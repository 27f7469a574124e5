const LF = 10;
const CR = 13;
const DOT = 46;
/** The line end of DATA itself. */
const START = Uint8Array.of(CR, LF);

const isLineEnd = (octet: number | undefined): boolean => octet === CR || octet === LF;

/** Watches the octets after DATA for a dot that stands alone between line ends which are not both CRLF: `LF . LF`, `LF . CRLF`,
 * `CR . CR`, `CRLF . CR`, `CRLF . LF` and so on. The end of the message is only CRLF.CRLF (see `DotReader`); these are for a server that
 * takes something else for it, and mean to smuggle a second message past the first server. */
export class LoneDotWatch {
  /** The last octets, which the next may complete to what is looked for; at most 4. */
  #tail: Uint8Array = START;
  #seen = false;

  get seen(): boolean {
    return this.#seen;
  }

  /** @param chunk as it came over the wire, up to the end of the message */
  push(chunk: Uint8Array): void {
    if (this.#seen || chunk.length === 0) return;
    const start = chunk.subarray(0, 4);
    const joint = new Uint8Array(this.#tail.length + start.length);
    joint.set(this.#tail);
    joint.set(start, this.#tail.length);
    this.#seen = holdsLoneDot(joint) || holdsLoneDot(chunk);
    const last = chunk.length >= 4 ? chunk : joint;
    this.#tail = last.slice(-4);
  }
}

function holdsLoneDot(octets: Uint8Array): boolean {
  for (let dot = octets.indexOf(DOT); dot >= 0; dot = octets.indexOf(DOT, dot + 1)) {
    const [before, after] = [octets[dot - 1], octets[dot + 1]];
    if (!isLineEnd(before) || !isLineEnd(after)) continue;
    // What is cut off at the end is looked at again with the next chunk.
    if (after === CR && dot + 2 >= octets.length) continue;
    const isCrlfBefore = before === LF && (dot < 2 || octets[dot - 2] === CR);
    const isCrlfAfter = after === CR && octets[dot + 2] === LF;
    if (!(isCrlfBefore && isCrlfAfter)) return true;
  }
  return false;
}
