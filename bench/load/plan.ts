/** What the load generator is told, as JSON on its command line. */
export interface LoadPlan {
  readonly port: number;
  readonly connections: number;
  readonly domain: string;
  /** Recipients are u0 to u<mailboxes - 1>, each message to one of them. */
  readonly mailboxes: number;
  /** Sizes of the messages in octets; the n-th message has the n-th size, and so on from the start. */
  readonly sizes: readonly number[];
  readonly messages: number;
  /** No message is begun later than this after the first. */
  readonly deadlineMs: number;
  /** Makes Message-IDs differ from those of other runs. */
  readonly run: string;
}

/** What it prints, as one line of JSON. */
export interface LoadResult {
  readonly accepted: number;
  readonly refused: readonly string[];
  readonly bytes: number;
  /** When the first message was begun, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** From the first message to the last reply. */
  readonly elapsedMs: number;
  /** From MAIL to the reply to the content, for each accepted message, ascending. */
  readonly latenciesMs: readonly number[];
}

/** The mailbox of message `n`: all in turn, in an order that does not follow their names. */
export function mailboxOf(n: number, mailboxes: number): number {
  return (n * 7919) % mailboxes;
}
