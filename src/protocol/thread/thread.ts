/** A message to be put into threads. */
export interface ThreadMessage {
  /** What it is called in the answer: its UID or its number. */
  readonly number: number;
  /** When it was sent, in milliseconds since the epoch; if that is unknown, when it was received. */
  readonly sentMs: number;
  /** The base subject, folded for comparison. */
  readonly baseSubject: string;
  /** Its subject says that it is a reply or a forward. */
  readonly isReply: boolean;
  /** Names of message ids; equal ids have equal names. Undefined: it has none. */
  readonly id: number | undefined;
  /** What it refers to: the root of the thread first, its parent last. */
  readonly refs: readonly number[];
}

/** A message and the replies to it; without a number it stands for one that is not there. */
export interface Thread {
  readonly number: number | undefined;
  readonly replies: readonly Thread[];
}

/** Long work that can be laid aside: it yields every few thousand steps. */
export type Slices<T> = Generator<void, T>;

/** Runs long work in one go. */
export function finish<T>(slices: Slices<T>): T {
  for (;;) {
    const step = slices.next();
    if (step.done === true) return step.value;
  }
}

/** Writes the threads of a THREAD response (RFC 5256 §4): `(2)(3 6 (4 23)(44 7 96))`. */
export function* printThreads(threads: readonly Thread[]): Slices<string> {
  const pieces: string[] = [];
  // What is still to be written, the next one last; a string is written as it is. No recursion: chains may be long.
  const todo: (Thread | string)[] = [];
  const push = (thread: Thread): void => {
    todo.push(")", thread);
    pieces.push("(");
  };
  for (const top of threads) {
    push(top);
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      if (typeof next === "string") {
        pieces.push(next);
        continue;
      }
      const { number, replies } = next;
      if (number !== undefined) pieces.push(String(number));
      const [only] = replies;
      if (replies.length === 1 && only !== undefined && only.number !== undefined) {
        pieces.push(number === undefined ? "" : " ");
        todo.push(only);
        continue;
      }
      if (replies.length > 0 && number !== undefined) pieces.push(" ");
      for (const reply of replies.toReversed()) todo.push(")", reply, "(");
      if (pieces.length % 4_096 < 8) yield;
    }
    if (pieces.length % 4_096 < 8) yield;
  }
  return pieces.join("");
}
