import { MailError } from "../../../src/kernel/error.ts";
import { type Completion, type CommandSpec, LATER, bad, ok } from "../completion.ts";
import { ConnectionClosed } from "../../listen/connection.ts";
import { tellNews } from "../notify.ts";
import type { ImapSession } from "../session.ts";

/** RFC 9051 §6.3.13: clients come back after 29 minutes at the latest. */
const MAX_IDLE_MS = 35 * 60_000;
/** Something is said this often, so that no router on the way forgets the connection. */
const STILL_HERE_MS = 110_000;
/** When the database is away, the news is looked up again after this. */
const AGAIN_MS = 1_000;

/** RFC 9051 §6.3.13. Nothing runs for a session that idles: `goOnIdling` looks after it whenever something wakes its connection. */
export const idle: CommandSpec<"IDLE"> = {
  allowedIn: "authenticated",
  news: "none",
  async run(session, { tag }) {
    await session.send("+ idling");
    session.idling = { tag, until: session.deps.store.clock() + MAX_IDLE_MS };
    if (session.selected !== undefined) session.selected.isDirty = true;
    session.selected?.forget();
    return LATER;
  },
};

/** Tells the news that there is by now, and reads what the client has said.
 * @returns how the command ended; undefined: it goes on, and there is nothing to do until the connection wakes
 * @throws {ConnectionClosed} */
export async function goOnIdling(
  session: ImapSession,
): Promise<(Completion & { readonly tag: string }) | undefined> {
  for (;;) {
    const line = session.reader.nextLine();
    if (line !== undefined) return ended(session, line);
    const isBehind = !(await tell(session));
    if (session.takeDue() && !isBehind) await stillHere(session);
    const isQuiet = await session.quiet(isBehind ? AGAIN_MS : STILL_HERE_MS);
    // Something may have changed while the last news went out.
    if (isQuiet && (isBehind || session.selected?.isDirty !== true)) return undefined;
  }
}

function ended(session: ImapSession, line: Uint8Array | "refused"): Completion & { readonly tag: string } {
  const tag = session.idling?.tag ?? "*";
  session.idling = undefined;
  const isDone = line !== "refused" && /^done$/i.test(new TextDecoder().decode(line));
  return { tag, ...(isDone ? ok("done") : bad("expected DONE")) };
}

async function stillHere(session: ImapSession): Promise<void> {
  const { clock } = session.deps.store;
  if (session.idling !== undefined && clock() > session.idling.until)
    await session.bye("you were idle for too long");
  // It took nothing since the last time: it is gone, or wants us to keep what it does not read.
  if (session.connection.isStuck()) throw new ConnectionClosed();
  await session.send("* OK still here");
}

/** @returns false when it could not be looked up */
async function tell(session: ImapSession): Promise<boolean> {
  if (session.selected?.isDirty !== true) return true;
  try {
    await tellNews(session, true);
    return true;
  } catch (error) {
    if (error instanceof MailError) return false;
    throw error;
  }
}
