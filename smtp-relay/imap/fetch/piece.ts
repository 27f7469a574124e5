/** Part of a response: text, or a literal whose octets come when they are needed. */
export type Piece =
  | string
  | {
      readonly sizeBytes: number;
      /** As `~{n}` (RFC 3516): it may hold NUL. */
      readonly isBinary?: boolean;
      /** Exactly `sizeBytes` octets. */
      chunks(): AsyncIterable<Uint8Array>;
    };

/** A literal over bytes in memory. */
export function literalOf(bytes: Uint8Array, isBinary = false): Piece {
  return {
    sizeBytes: bytes.length,
    isBinary,
    async *chunks() {
      if (bytes.length > 0) yield bytes;
    },
  };
}
