/** Undoes a Content-Transfer-Encoding chunk by chunk. A chunk may be cut anywhere. Never throws. */
export interface TransferDecoder {
  /** Decoded bytes; valid until the next call only if it returned the chunk itself (identity encodings). */
  push(chunk: Uint8Array): Uint8Array;
  /** What was held back for want of more input. */
  end(): Uint8Array;
}
