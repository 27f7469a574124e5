/** Milliseconds since the epoch. Time is an argument, so that a test is exact. */
export type Clock = () => number;

/** Fills and returns a new array of `length` random octets from a cryptographic source. */
export type RandomBytes = (length: number) => Uint8Array<ArrayBuffer>;

type Fields = Readonly<Record<string, unknown>>;

/** One JSON line an event. Never bodies, subjects or secrets: ids, sizes and durations. */
export interface Log {
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
}
