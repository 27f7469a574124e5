import { MailError } from "../../../src/kernel/error.ts";
import { ALL_UIDS, expunge, may } from "../../../src/mailstore/index.ts";
import { type CommandSpec, ok } from "../completion.ts";
import type { ImapSession } from "../session.ts";

/** RFC 9051 §6.4.1: what is \Deleted goes without being told. */
export const close: CommandSpec<"CLOSE"> = {
  allowedIn: "selected",
  news: "none",
  async run(session) {
    const { box } = session;
    if (!box.isReadOnly) {
      const gone = await expungeIfAllowed(session);
      if (gone > 0) session.changed(box.accountId);
    }
    session.unselect();
    return ok("closed");
  },
};

/** RFC 4314 §4: without the right to expunge, or to read by now, it only closes. @returns how many messages went */
async function expungeIfAllowed(session: ImapSession): Promise<number> {
  const { box } = session;
  try {
    return await session.inBox(async (tx, accountId) => {
      if (!may(box.rights, "e")) return 0;
      return (await expunge(tx, accountId, { mailboxId: box.id, uids: ALL_UIDS }, "deleted")).length;
    });
  } catch (error) {
    if (error instanceof MailError && (error.code === "forbidden" || error.code === "mailbox_unknown"))
      return 0;
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
