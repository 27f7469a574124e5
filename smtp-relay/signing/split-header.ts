import type { BlobSource } from "../../src/blob/index.ts";

/** More header than this is no header: such a message is not signed over more. */
const HEADER_MAX = 1 << 20;
const [LF, CR] = [10, 13];

/** Cuts a message at its first empty line. A bare CR or LF is a line end, as it is when the message is sent.
 * @returns the header block with the empty line, in memory, and the body, which streams and can be read again */
export async function splitHeader(
  content: BlobSource,
): Promise<{ readonly header: Uint8Array; readonly body: () => AsyncIterable<Uint8Array> }> {
  const end = new HeaderEnd();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content.chunks()) {
    pieces.push(chunk);
    const found = end.find(chunk);
    length += found ?? chunk.length;
    if (found !== undefined || length > HEADER_MAX) break;
  }
  return { header: Buffer.concat(pieces).subarray(0, length), body: () => from(content, length) };
}

/** Looks for the first empty line. */
class HeaderEnd {
  #isLineEmpty = true;
  #isAfterCr = false;
  #isFound = false;

  /** @returns how many octets of the chunk belong to the header, once it has ended */
  find(chunk: Uint8Array): number | undefined {
    for (const [i, octet] of chunk.entries()) {
      if (octet === LF && this.#isAfterCr) {
        if (this.#isFound) return i + 1;
        this.#isAfterCr = false;
        continue;
      }
      // A bare CR ended the header.
      if (this.#isFound) return i;
      this.#isAfterCr = octet === CR;
      if (octet !== CR && octet !== LF) this.#isLineEmpty = false;
      else if (!this.#isLineEmpty) this.#isLineEmpty = true;
      else if (octet === LF) return i + 1;
      else this.#isFound = true;
    }
    return undefined;
  }
}

async function* from(content: BlobSource, offset: number): AsyncGenerator<Uint8Array> {
  let left = offset;
  for await (const chunk of content.chunks()) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
