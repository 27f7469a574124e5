import { type CommandName, printCondition, printString } from "../../src/protocol/imap/index.ts";
import type { ImapSession, Progress } from "./session.ts";

/** A client that waits for longer than this without a word may give up. */
const EVERY_MS = 10_000;

/** Commands that may take long, and say nothing before they end. */
const LONG: ReadonlySet<CommandName> = new Set(["COPY", "MOVE", "SEARCH", "SORT", "THREAD"]);

/** Runs a command, and says from time to time that it goes on, and how far it is (RFC 9585). */
export async function withProgress<T>(
  session: ImapSession,
  { tag, name }: { readonly tag: string; readonly name: CommandName },
  run: () => Promise<T>,
): Promise<T> {
  if (!LONG.has(name)) return run();
  const progress: Progress = { done: undefined, goal: undefined };
  session.progress = progress;
  const timer = setInterval(() => void tell(session, tag, progress), session.deps.progressMs ?? EVERY_MS);
  try {
    return await run();
  } finally {
    clearInterval(timer);
    session.progress = undefined;
  }
}

async function tell(session: ImapSession, tag: string, { done, goal }: Progress): Promise<void> {
  const { connection } = session;
  // Who does not read what was said is told no more of it.
  if (connection.isClosed || connection.isStuck()) return;
  // Its answer is being written, in pieces: there is nothing to be told between them.
  if (session.progress === undefined) return;
  const state = `${printString(tag)} ${done ?? "NIL"} ${goal ?? "NIL"}`;
  try {
    await session.send(printCondition("*", "OK", "still at it", `INPROGRESS (${state})`));
    await connection.flush();
  } catch {
    // The command itself finds out that the client is gone.
  }
}
