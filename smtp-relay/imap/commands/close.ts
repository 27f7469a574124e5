import { MailError } from "../../../src/kernel/error.ts";
import { ALL_UIDS, may, readModseq } from "../../../src/mailstore/index.ts";
import { type CommandSpec, ok } from "../completion.ts";
import { expungeDeleted } from "../expunge-deleted.ts";
import type { ImapSession } from "../session.ts";

/** RFC 9051 §6.4.1: what is \Deleted goes without being told. */
export const close: CommandSpec<"CLOSE"> = {
  allowedIn: "selected",
  news: "none",
  async run(session) {
    const { box } = session;
    if (!box.isReadOnly) {
      const modseq = await expungeIfAllowed(session);
      if (modseq !== undefined) session.changed(box.accountId);
      // RFC 7162 §3.2.8; not when others changed something too, that the client then would not ask for.
      const isAll = modseq === box.modseq + 1 && box.expunged.length === 0;
      if (isAll && session.enabled.has("CONDSTORE")) {
        session.unselect();
        return ok("closed", `HIGHESTMODSEQ ${modseq}`);
      }
    }
    session.unselect();
    return ok("closed");
  },
};

/** RFC 4314 §4: without the right to expunge, or to read by now, it only closes.
 * @returns the change counter of what went; undefined: nothing did */
async function expungeIfAllowed(session: ImapSession): Promise<number | undefined> {
  const { box } = session;
  try {
    return await session.inBox(async (tx, accountId) => {
      if (!may(box.rights, "e")) return undefined;
      const gone = await expungeDeleted(tx, accountId, box, ALL_UIDS);
      return gone.length === 0 ? undefined : readModseq(tx, accountId);
    });
  } catch (error) {
    if (error instanceof MailError && (error.code === "forbidden" || error.code === "mailbox_unknown"))
      return undefined;
    throw error;
  }
}

/** RFC 9051 §6.4.2: as CLOSE, and nothing goes. */
export const unselect: CommandSpec<"UNSELECT"> = {
  allowedIn: "selected",
  news: "none",
  async run(session) {
    session.unselect();
    return ok("closed");
  },
};
