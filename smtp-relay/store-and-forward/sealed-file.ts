import { hkdfSync } from "node:crypto";
import { type FileHandle, open, rename, stat } from "node:fs/promises";
import {
  CHUNK_BYTES,
  openChunk,
  rechunk,
  sealChunk,
  sealedSize,
  TAG_BYTES,
} from "../../src/blob/chunk-cipher.ts";
import type { BlobSource, Cipher } from "../../src/blob/index.ts";

/** How files beside the database are encrypted. */
export interface FileSeal {
  readonly cipher: Cipher;
  /** 32 octets */
  readonly key: Uint8Array<ArrayBuffer>;
}

const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;

/** Each name has a key of its own, so that the numbers of its chunks are nonces that never repeat under one key.
 * A name is written once: who writes another content takes another name. */
function keyOf({ key }: FileSeal, name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hkdfSync("sha256", key, new Uint8Array(), `angelia sealed file ${name}`, 32));
}

/** Writes a file that is whole and on the disk when this resolves, or does not exist under its name. The folder's own list of
 * names has to be synced by the caller.
 * @param name what the content is bound to: a file can't be passed off as another
 * @throws {Error} with `code` ENOSPC and the like */
export async function writeSealedFile(
  seal: FileSeal,
  path: string,
  name: string,
  source: BlobSource,
): Promise<void> {
  const making = `${path}.tmp`;
  const key = keyOf(seal, name);
  const count = Math.max(1, Math.ceil(source.size / CHUNK_BYTES));
  const file = await open(making, "w", 0o600);
  try {
    let index = 0;
    for await (const plain of rechunk(source.chunks(), CHUNK_BYTES, source.size)) {
      const place = { blobId: name, index, isLast: index === count - 1 };
      await writeAll(file, await sealChunk(seal.cipher, key, place, plain));
      index += 1;
    }
    if (index !== count) throw new RangeError("a source is not as long as it said");
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(making, path);
}

/** The content of a sealed file, to be read any number of times.
 * @throws {Error} while it is read: it is damaged, or is another file */
export async function openSealedFile(seal: FileSeal, path: string, name: string): Promise<BlobSource> {
  const { size: sealed } = await stat(path);
  const count = Math.max(1, Math.ceil(sealed / SEALED_CHUNK_BYTES));
  const size = sealed - count * TAG_BYTES;
  if (size < 0 || sealedSize(size) !== sealed)
    throw new Error(`${name} has a length that no sealed file has`);
  return { size, chunks: () => chunksOf(seal, path, name, count) };
}

async function* chunksOf(
  seal: FileSeal,
  path: string,
  name: string,
  count: number,
): AsyncGenerator<Uint8Array> {
  const key = keyOf(seal, name);
  const file = await open(path, "r");
  try {
    for (let index = 0; index < count; index++) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(SEALED_CHUNK_BYTES), 0, SEALED_CHUNK_BYTES);
      const place = { blobId: name, index, isLast: index === count - 1 };
      yield await openChunk(seal.cipher, key, place, new Uint8Array(buffer.subarray(0, bytesRead)));
    }
  } finally {
    await file.close();
  }
}

/** All of it, also where the system takes a part only. */
async function writeAll(file: FileHandle, octets: Uint8Array): Promise<void> {
  for (let at = 0; at < octets.length;) at += (await file.write(octets, at, octets.length - at)).bytesWritten;
}
