import type { Cipher } from "./cipher.ts";

/** Octets of plain text in each encrypted chunk but the last. */
export const CHUNK_BYTES = 65_536;
/** Octets that AES-GCM adds to each chunk. */
export const TAG_BYTES = 16;

type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** Octets that `size` octets of plain text take when sealed. */
export function sealedSize(size: number): number {
  return size + Math.max(1, Math.ceil(size / CHUNK_BYTES)) * TAG_BYTES;
}

/** The key is used for one blob only, so the chunk number is a nonce that never repeats. */
function nonce(index: number): Bytes {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(8, index);
  return bytes;
}

/** Binds a chunk to its blob, its place and the end: chunks can't be swapped, moved, or cut off unseen. */
function boundTo({ blobId, index, isLast }: ChunkPlace): Bytes {
  return encoder.encode(`${blobId}:${index}:${isLast ? "end" : "more"}`);
}

/** Where a chunk belongs. */
export interface ChunkPlace {
  readonly blobId: string;
  /** from 0 */
  readonly index: number;
  readonly isLast: boolean;
}

/** Seals one chunk with AES-256-GCM. @param key 32 octets, of this blob only */
export async function sealChunk(cipher: Cipher, key: Bytes, place: ChunkPlace, plain: Bytes): Promise<Bytes> {
  return cipher.seal(key, nonce(place.index), boundTo(place), plain);
}

/** Opens one chunk. @throws when a single bit is not what was sealed */
export async function openChunk(
  cipher: Cipher,
  key: Bytes,
  place: ChunkPlace,
  sealed: Bytes,
): Promise<Bytes> {
  return cipher.open(key, nonce(place.index), boundTo(place), sealed);
}

/** Cuts a stream of `total` octets into pieces of `size` octets; the last may be shorter. An empty stream gives one empty piece.
 * A stream that is longer than it said goes on in pieces; one that is shorter ends early.
 * All pieces are the same memory: each is good until the next one is asked for. New memory for each woke the garbage collector
 * so often that it took as long as everything else together (measured with attachments of 5 MB). */
export async function* rechunk(
  source: AsyncIterable<Uint8Array>,
  size: number,
  total: number,
): AsyncGenerator<Bytes> {
  // Not larger than what is to come: most mail is a few kilobytes.
  const piece = new Uint8Array(Math.max(1, Math.min(size, total)));
  let filled = 0;
  for await (const chunk of source) {
    let from = 0;
    while (from < chunk.length) {
      // A full piece is kept back until more comes, so that the last one is never empty.
      if (filled === piece.length) {
        yield piece;
        filled = 0;
      }
      const take = Math.min(piece.length - filled, chunk.length - from);
      piece.set(chunk.subarray(from, from + take), filled);
      filled += take;
      from += take;
    }
  }
  yield piece.subarray(0, filled);
}
