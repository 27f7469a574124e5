import type { LoadResult } from "./load/plan.ts";

/** A mail system under measurement. */
export interface Target {
  readonly name: string;
  readonly smtpPort: number;
  /** Waits until `copies` more messages are in mailboxes, to stay there, since the mark that `mark` gave.
   * @returns when the last one was, and how long each took from its arrival on, ascending */
  settled(mark: number, copies: number, load: LoadResult): Promise<Settled>;
  /** How many copies have been delivered so far. */
  mark(): number;
  /** How many messages a mailbox holds, asked by IMAP. */
  countIn(mailbox: number): Promise<number>;
  stop(): Promise<void>;
}

export interface Settled {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly delaysMs: readonly number[];
}
