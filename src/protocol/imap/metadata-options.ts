/** How deep GETMETADATA looks below the entries that it names (RFC 5464 §4.2.2). */
export type MetadataDepth = 0 | 1 | "infinity";

/** What a list of options says (RFC 5464 §4.2). */
export interface MetadataOptions {
  readonly depth: MetadataDepth;
  /** Longest value in octets; absent without a limit. */
  readonly maxSize: number | undefined;
}
