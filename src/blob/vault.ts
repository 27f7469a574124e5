import type { Db } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import { BlobId, type TenantId } from "../kernel/id.ts";
import type { Clock, RandomBytes } from "../kernel/ports.ts";
import { newUuid } from "../kernel/uuid.ts";
import { findBlob, findBlobs, insertBlob, type StoredBlob } from "./blob.store.ts";
import { type Cipher, webCipher } from "./cipher.ts";
import { CHUNK_BYTES, openChunk, rechunk, sealChunk, sealedSize, TAG_BYTES } from "./chunk-cipher.ts";
import type { KeyRing } from "./key-ring.ts";
import type { BlobSource, ObjectStore } from "./object-store.ts";

/** However small, blobs are not larger than this in the database; a store may want smaller ones too. */
const HOT_BYTES_MAX = 262_144;

const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;

type Bytes = Uint8Array<ArrayBuffer>;

/** A blob that is encrypted and, when it is large, in the object store already; a commit makes it exist. */
export interface SealedBlob extends StoredBlob {
  readonly digest: Bytes;
  /** Sealed bytes for the hot table; null when they are in the object store. */
  readonly hot: Bytes | null;
}

/** Bytes from this part of a blob, as octet offsets; `end` is exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface VaultDeps {
  readonly db: Db;
  readonly objects: ObjectStore;
  readonly keys: KeyRing;
  readonly cipher?: Cipher;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/** Encrypted blobs: seals what comes in, opens ranges of what is stored. */
export class Vault {
  readonly #deps: VaultDeps;
  readonly #cipher: Cipher;

  constructor(deps: VaultDeps) {
    this.#deps = deps;
    this.#cipher = deps.cipher ?? webCipher;
  }

  /** Encrypts a source in one pass. Small: in memory, for the commit. Large: into the object store, durable when this resolves;
   * if no commit follows, the object is garbage that nothing refers to.
   * @param watch sees each piece of the plain text, so that parsing needs no second pass */
  async seal(
    tenantId: TenantId,
    source: BlobSource,
    watch?: (plain: Uint8Array) => void,
  ): Promise<SealedBlob> {
    const { clock, random, keys, objects } = this.#deps;
    const cipher = this.#cipher;
    const id = BlobId.parse(newUuid(clock, random));
    const tenantKey = await keys.current(tenantId);
    const { blobKey, wrappedKey } = await keys.newBlobKey(tenantKey, id);
    const count = Math.max(1, Math.ceil(source.size / CHUNK_BYTES));
    // WebCrypto can't hash a stream, so the digest is an HMAC over the SHA-256 of each chunk.
    const sums = new Uint8Array(count * 32 + 8);
    new DataView(sums.buffer).setFloat64(count * 32, source.size);

    async function* sealed(): AsyncGenerator<Bytes> {
      let [index, seen] = [0, 0];
      for await (const plain of rechunk(source.chunks(), CHUNK_BYTES, source.size)) {
        seen += plain.length;
        if (seen > source.size) throw new RangeError("a blob source is longer than it said");
        watch?.(plain);
        const [sum, chunk] = await Promise.all([
          cipher.sha256(plain),
          sealChunk(cipher, blobKey, { blobId: id, index, isLast: index === count - 1 }, plain),
        ]);
        sums.set(sum, index * 32);
        index += 1;
        yield chunk;
      }
      if (seen !== source.size) throw new RangeError("a blob source is shorter than it said");
    }

    let hot: Bytes | null = null;
    let objectKey: string | null = null;
    if (source.size <= Math.min(objects.hotBytesMax, HOT_BYTES_MAX)) {
      hot = new Uint8Array(sealedSize(source.size));
      let at = 0;
      for await (const chunk of sealed()) {
        hot.set(chunk, at);
        at += chunk.length;
      }
    } else {
      objectKey = `${tenantId}/${id}`;
      await objects.put(objectKey, sealedSize(source.size), sealed());
    }
    const digest = await cipher.hmac(tenantKey.digest, sums);
    return { id, size: source.size, digest, tenantKeyId: tenantKey.id, wrappedKey, hot, objectKey };
  }

  /** Seals a source and commits it on its own. */
  async store(tenantId: TenantId, source: BlobSource): Promise<{ id: BlobId; size: number }> {
    const sealed = await this.seal(tenantId, source);
    const id = await this.#deps.db.tenant(tenantId, (tx) => insertBlob(tx, sealed));
    return { id, size: sealed.size };
  }

  /** Streams a blob or a range of it; of a large one at most one chunk is in memory at a time.
   * @throws {MailError} blob_unknown */
  async *open(tenantId: TenantId, id: BlobId, range?: ByteRange): AsyncGenerator<Bytes> {
    const { db } = this.#deps;
    const start = Math.max(0, range?.start ?? 0);
    const from = Math.floor(start / CHUNK_BYTES) * SEALED_CHUNK_BYTES;
    const until = (size: number): number =>
      Math.ceil(Math.min(size, range?.end ?? size) / CHUNK_BYTES) * SEALED_CHUNK_BYTES;
    // Its size is not known yet: of a small blob everything is taken that can be meant.
    const blob = await findBlob(db, tenantId, id, from, Math.max(from, until(HOT_BYTES_MAX)));
    if (blob === undefined) throw new MailError("blob_unknown", { id });
    const end = Math.min(blob.size, range?.end ?? blob.size);
    if (start < end) yield* this.#opened(tenantId, blob, { start, end });
  }

  /** @param blob with its sealed octets from the range's first chunk on   @param range not empty */
  async *#opened(
    tenantId: TenantId,
    blob: StoredBlob & { readonly hot: Uint8Array | null },
    { start, end }: ByteRange,
  ): AsyncGenerator<Bytes> {
    const { id } = blob;
    const key = await this.#deps.keys.openBlobKey(tenantId, blob.tenantKeyId, id, blob.wrappedKey);
    const first = Math.floor(start / CHUNK_BYTES);
    const from = first * SEALED_CHUNK_BYTES;
    const last = Math.ceil(blob.size / CHUNK_BYTES) - 1;
    const to = Math.min(Math.ceil(end / CHUNK_BYTES) * SEALED_CHUNK_BYTES, sealedSize(blob.size));
    let index = first;
    for await (const sealed of rechunk(this.#sealedBytes(blob, from, to), SEALED_CHUNK_BYTES, to - from)) {
      const plain = await openChunk(this.#cipher, key, { blobId: id, index, isLast: index === last }, sealed);
      const offset = index * CHUNK_BYTES;
      yield plain.subarray(Math.max(0, start - offset), Math.min(plain.length, end - offset));
      index += 1;
    }
    if (index * CHUNK_BYTES < end) throw new Error(`blob ${id} ends before its chunk ${index}`);
  }

  /** Streams what `seal` made and no commit has made a blob: who kept it elsewhere has its octets in hand if they are not in the object store. */
  async *openSealed(
    tenantId: TenantId,
    sealed: StoredBlob & { readonly hot: Uint8Array | null },
  ): AsyncGenerator<Bytes> {
    if (sealed.size > 0) yield* this.#opened(tenantId, sealed, { start: 0, end: sealed.size });
  }

  /** Removes the octets of what `seal` put into the object store; never those of a blob. */
  async discard(objectKey: string): Promise<void> {
    await this.#deps.objects.delete(objectKey);
  }

  /** A whole blob, or a range of it, in memory. */
  async read(tenantId: TenantId, id: BlobId, range?: ByteRange): Promise<Bytes> {
    return wholeOf(this.open(tenantId, id, range));
  }

  /** Small blobs, each as a whole in memory, in one round trip. @returns those that there are */
  async readMany(tenantId: TenantId, ids: readonly BlobId[]): Promise<ReadonlyMap<BlobId, Bytes>> {
    const found = await findBlobs(this.#deps.db, tenantId, [...new Set(ids)]);
    const read = await Promise.all(
      found.map(async (blob): Promise<[BlobId, Bytes]> => {
        const { id, size } = blob;
        if (size === 0) return [id, new Uint8Array()];
        return [id, await wholeOf(this.#opened(tenantId, blob, { start: 0, end: size }))];
      }),
    );
    return new Map(read);
  }

  /** The keys of the tenant's search index, of 32 octets, by the tenant key each comes from; the one for what is new first. */
  async searchKeys(tenantId: TenantId): Promise<ReadonlyMap<string, Bytes>> {
    const keys = await this.#deps.keys.all(tenantId);
    return new Map(keys.map(({ id, search }) => [id, search]));
  }

  /** SHA-256, as fast as the runtime has it. */
  async sha256(bytes: Bytes): Promise<Bytes> {
    return this.#cipher.sha256(bytes);
  }

  async *#sealedBytes(
    blob: StoredBlob & { readonly hot: Uint8Array | null },
    from: number,
    to: number,
  ): AsyncGenerator<Uint8Array> {
    if (blob.objectKey !== null) yield* this.#deps.objects.get(blob.objectKey, from, to);
    else if (blob.hot !== null) yield blob.hot.subarray(0, to - from);
    else throw new MailError("blob_unknown", { id: blob.id });
  }
}

async function wholeOf(chunks: AsyncIterable<Bytes>): Promise<Bytes> {
  const pieces: Bytes[] = [];
  let size = 0;
  for await (const piece of chunks) {
    pieces.push(piece);
    size += piece.length;
  }
  if (pieces.length === 1 && pieces[0] !== undefined) return pieces[0];
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
