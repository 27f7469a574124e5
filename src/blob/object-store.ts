/** Where large blobs lie: opaque encrypted bytes under a name. S3-compatible stores and the file system have one each. */
export interface ObjectStore {
  /** Blobs of more octets than this come here, smaller ones into the database; at most 262,144. */
  readonly hotBytesMax: number;
  /** Stores `size` octets; durable when it resolves. Putting the same key again replaces the object. */
  put(key: string, size: number, body: AsyncIterable<Uint8Array>): Promise<void>;
  /** The octets [start, end) of an object.
   * @throws {MailError} blob_unknown when there is none, unavailable when the store is away */
  get(key: string, start: number, end: number): AsyncIterable<Uint8Array>;
  /** Succeeds also when there is no such object. */
  delete(key: string): Promise<void>;
}

/** Bytes that can be read from the start more than once: memory, or a spool file. */
export interface BlobSource {
  /** octets */
  readonly size: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/** A source over bytes in memory. */
export function sourceOf(...parts: readonly Uint8Array[]): BlobSource {
  return {
    size: parts.reduce((sum, part) => sum + part.length, 0),
    async *chunks() {
      for (const part of parts) if (part.length > 0) yield part;
    },
  };
}

/** Several sources, one after the other (a trace header before the message that came in). */
export function joinSources(...sources: readonly BlobSource[]): BlobSource {
  return {
    size: sources.reduce((sum, source) => sum + source.size, 0),
    async *chunks() {
      for (const source of sources) yield* source.chunks();
    },
  };
}
