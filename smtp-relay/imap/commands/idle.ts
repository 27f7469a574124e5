import { MailError } from "../../../src/kernel/error.ts";
import { type CommandSpec, bad, ok } from "../completion.ts";
import { tellNews } from "../notify.ts";
import type { ImapSession } from "../session.ts";

/** RFC 9051 §6.3.13: clients come back after 29 minutes at the latest. */
const MAX_IDLE_MS = 35 * 60_000;
/** Something is said this often, so that no router on the way forgets the connection. */
const STILL_HERE_MS = 110_000;
/** When the database is away, the news is looked up again after this. */
const AGAIN_MS = 1_000;

/** RFC 9051 §6.3.13. */
export const idle: CommandSpec<"IDLE"> = {
  allowedIn: "authenticated",
  news: "none",
  async run(session) {
    await session.send("+ idling");
    const line = await session.wokenByChanges(() => untilLine(session));
    if (line === "refused") return bad("expected DONE");
    return /^done$/i.test(new TextDecoder().decode(line)) ? ok("done") : bad("expected DONE");
  },
};

/** Tells news as it comes, until the client sends a line. */
async function untilLine(session: ImapSession): Promise<Uint8Array | "refused"> {
  const { clock } = session.deps.store;
  const until = clock() + MAX_IDLE_MS;
  if (session.selected !== undefined) session.selected.isDirty = true;
  for (;;) {
    const line = session.reader.nextLine();
    if (line !== undefined) return line;
    const isBehind = !(await tell(session));
    const how = await session.pull(isBehind ? AGAIN_MS : STILL_HERE_MS);
    if (how !== "timeout" || isBehind) continue;
    if (clock() > until) await session.bye("you were idle for too long");
    await session.send("* OK still here");
  }
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
