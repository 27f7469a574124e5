/** A scanner does not answer, or not in a way that can be understood. The message goes to the log and to administrators. */
export class ScannerError extends Error {
  override readonly name = "ScannerError";
}

/** Who sends a message, and to whom; scanners weigh it. */
export interface Envelope {
  readonly id: string;
  /** "" is the null path */
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  readonly ip: string;
  readonly helo: string | null;
  /** forward-confirmed */
  readonly reverseName: string | null;
}
