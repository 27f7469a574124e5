/**
 * One command as it came over the wire, without its last line end: the lines and the literals that belong to
 * it, headers such as `{310}` included (RFC 9051 §4.3).
 */
export interface CommandText {
  readonly bytes: Uint8Array;
  /**
   * Offsets in `bytes`, each right behind the header of a literal whose content went elsewhere (the message of
   * an APPEND goes to a spool, not into memory). At such an offset the rest of the command follows at once.
   */
  readonly streamed: readonly number[];
}

/** A literal whose header was read and whose content was not. */
export interface LiteralStart {
  /** The command up to and including the header. It parses as a command of its own. */
  readonly text: CommandText;
  /** Number of content octets. */
  readonly sizeBytes: number;
  /** The client waits for `+` before it sends the content; false for `{n+}` (RFC 7888). */
  readonly synchronising: boolean;
}

/** The form a literal header takes at the end of a line: `{n}`, `{n+}`, `~{n}` (RFC 3516 §4.2, RFC 7888 §3). */
const HEADER = /\{(\d{1,20})(\+?)\}$/;

/** Longest text that `HEADER` can match. */
export const HEADER_BYTES = 23;

/** Reads the literal header that `line` (without its line end) may close with. */
export function literalHeader(
  line: Uint8Array,
): { readonly sizeBytes: number; readonly synchronising: boolean } | undefined {
  if (line.at(-1) !== 0x7d) return undefined;
  const match = HEADER.exec(String.fromCharCode(...line.subarray(-HEADER_BYTES)));
  return match ? { sizeBytes: Number(match[1]), synchronising: match[2] === "" } : undefined;
}
