import type { TransferDecoder } from "./transfer-decoder.ts";

const SKIP = 64;
const PAD = 61;

/** Value of each base64 character (RFC 2045 §6.8); 64 for any other byte. */
const VALUE = new Uint8Array(256).fill(SKIP);
for (let i = 0; i < 64; i++) {
  VALUE["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".charCodeAt(i)] = i;
}

/**
 * Tolerant base64: bytes outside the alphabet are skipped (RFC 2045 §6.8), missing padding is fine, and data may
 * go on after padding, as in bodies that a gateway glued together.
 */
export function newBase64Decoder(): TransferDecoder {
  let held = 0;
  let count = 0;

  function flush(out: Uint8Array, at: number): number {
    let to = at;
    if (count >= 2) out[to++] = count === 2 ? held >> 4 : held >> 10;
    if (count === 3) out[to++] = held >> 2;
    held = 0;
    count = 0;
    return to;
  }

  function push(chunk: Uint8Array): Uint8Array {
    const out = new Uint8Array(Math.ceil((chunk.length * 3) / 4) + 3);
    let to = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      const value = VALUE[byte] ?? SKIP;
      if (value === SKIP) {
        if (byte === PAD) to = flush(out, to);
        continue;
      }
      held = (held << 6) | value;
      if (++count === 4) {
        out[to++] = held >> 16;
        out[to++] = held >> 8;
        out[to++] = held;
        held = 0;
        count = 0;
      }
    }
    return out.subarray(0, to);
  }

  function end(): Uint8Array {
    const out = new Uint8Array(2);
    return out.subarray(0, flush(out, 0));
  }
  return { push, end };
}

/** Counts what {@link newBase64Decoder} would give, without giving it: about twice as fast, and no memory. */
export class Base64Length {
  #done = 0;
  #open = 0;

  push(bytes: Uint8Array, from: number, to: number): void {
    let open = this.#open;
    for (let i = from; i < to; i++) {
      const byte = bytes[i] ?? 0;
      if ((VALUE[byte] ?? SKIP) !== SKIP) open++;
      else if (byte === PAD) {
        this.#done += Math.floor((open * 3) / 4);
        open = 0;
      }
    }
    this.#open = open;
  }

  /** Octets so far, as if the data ended here. */
  octets(): number {
    return this.#done + Math.floor((this.#open * 3) / 4);
  }
}
