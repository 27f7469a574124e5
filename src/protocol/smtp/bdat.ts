/** What follows `BDAT ` (RFC 3030 §2): so many octets come next, without a line end of their own. */
export interface Chunk {
  readonly octets: number;
  readonly isLast: boolean;
}

/** @returns null if it is malformed: then nobody knows where the next command begins */
export function parseBdat(args: string): Chunk | null {
  const match = /^(\d{1,15})( LAST)?$/i.exec(args);
  return match === null ? null : { octets: Number(match[1]), isLast: match[2] !== undefined };
}
