import { Gunzip, unzipSync } from "fflate";

/** So much of a report is looked at after it is unpacked: the largest that are seen have about 5 MB. */
export const UNPACKED_MAX = 12 * 2 ** 20;
const FEED = 16_384;
/** Files in one archive; a report is one. */
const FILES_MAX = 5;

class TooLarge extends Error {}

/** The files in what may be packed: gzip, zip, or nothing of that. What would be larger than is looked at is left out: a small
 * archive may unpack to gigabytes.
 * @returns empty: it is damaged, or too large. Never throws. */
export function unpack(bytes: Uint8Array): Uint8Array[] {
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return [gunzip(bytes)];
    if (bytes[0] === 0x50 && bytes[1] === 0x4b) return unzip(bytes);
    return bytes.length <= UNPACKED_MAX ? [bytes] : [];
  } catch {
    return [];
  }
}

/** Piece by piece, so that it can be left as soon as it is too much. */
function gunzip(bytes: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  let size = 0;
  let isDone = false;
  const stream = new Gunzip((piece, isFinal) => {
    size += piece.length;
    if (size > UNPACKED_MAX) throw new TooLarge();
    pieces.push(piece);
    isDone = isFinal;
  });
  for (let at = 0; at < bytes.length; at += FEED)
    stream.push(bytes.subarray(at, at + FEED), at + FEED >= bytes.length);
  if (!isDone) throw new TooLarge();
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function unzip(bytes: Uint8Array): Uint8Array[] {
  let left = UNPACKED_MAX;
  let count = 0;
  // A file gets no more room than it says it needs: one that lies about its size fails.
  const files = unzipSync(bytes, {
    filter: ({ originalSize }) => {
      count += 1;
      if (count > FILES_MAX || originalSize > left) return false;
      left -= originalSize;
      return true;
    },
  });
  return Object.values(files);
}
