import type { TransferDecoder } from "./transfer.ts";

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const EQUALS = 61;

function hexValue(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  if (byte >= 65 && byte <= 70) return byte - 55;
  return byte >= 97 && byte <= 102 ? byte - 87 : -1;
}

/** What has been read and can't be written yet: nothing, white space, or the start of `=XX` or of a soft line break. */
const PLAIN = 0;
const BLANKS = 1;
const AFTER_EQUALS = 2;
const AFTER_HEX = 3;
const SOFT_BLANKS = 4;
const SOFT_CR = 5;

/**
 * Tolerant quoted-printable (RFC 2045 §6.7): white space before a line end goes, a soft break may have white
 * space after its `=`, lower-case hex is fine, and an `=` that means nothing stays as it is.
 */
export function newQuotedPrintableDecoder(): TransferDecoder & {
  /** True if the last line end read was a soft break. */
  afterSoftBreak(): boolean;
} {
  let state = PLAIN;
  let held: number[] = [];
  let softBreak = false;

  function push(chunk: Uint8Array): Uint8Array {
    const out = new Uint8Array(chunk.length + held.length);
    let to = 0;
    const release = (): void => {
      for (const byte of held) out[to++] = byte;
      held = [];
      state = PLAIN;
    };
    const drop = (): void => {
      held = [];
      state = PLAIN;
    };
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      if (state === AFTER_EQUALS) {
        if (hexValue(byte) >= 0) state = AFTER_HEX;
        else if (byte === CR) state = SOFT_CR;
        else if (byte === SPACE || byte === TAB) state = SOFT_BLANKS;
        else if (byte === LF) softBreak = true;
        if (state === AFTER_EQUALS) {
          if (byte === LF) {
            drop();
            continue;
          }
          release();
        } else {
          held.push(byte);
          continue;
        }
      } else if (state === AFTER_HEX) {
        const low = hexValue(byte);
        if (low >= 0) {
          out[to++] = (hexValue(held[1] ?? 0) << 4) | low;
          drop();
          softBreak = false;
          continue;
        }
        release();
      } else if (state === SOFT_BLANKS) {
        if (byte === SPACE || byte === TAB) {
          held.push(byte);
          continue;
        }
        if (byte === CR) {
          state = SOFT_CR;
          continue;
        }
        if (byte === LF) {
          softBreak = true;
          drop();
          continue;
        }
        release();
      } else if (state === SOFT_CR) {
        drop();
        softBreak = true;
        if (byte === LF) continue;
      }
      if (byte === EQUALS) {
        if (state === BLANKS) release();
        held.push(byte);
        state = AFTER_EQUALS;
      } else if (byte === SPACE || byte === TAB) {
        held.push(byte);
        state = BLANKS;
      } else {
        if (state === BLANKS) {
          if (byte === CR || byte === LF) drop();
          else release();
        }
        out[to++] = byte;
        softBreak = false;
      }
    }
    return out.subarray(0, to);
  }

  function end(): Uint8Array {
    // `=4` at the end is text; blanks and a dangling `=` are a line end's.
    const rest = state === AFTER_HEX ? Uint8Array.from(held) : new Uint8Array(0);
    held = [];
    state = PLAIN;
    return rest;
  }
  return { push, end, afterSoftBreak: () => softBreak };
}
