import { ALL_UIDS, expunge } from "../../../src/mailstore/index.ts";
import { type CommandSpec, ok } from "../completion.ts";

/** RFC 9051 §6.4.1: what is \Deleted goes without being told. */
export const close: CommandSpec<"CLOSE"> = {
  allowedIn: "selected",
  news: "none",
  async run(session) {
    const { box } = session;
    if (!box.isReadOnly) {
      const gone = await session.inBox((tx, accountId) =>
        expunge(tx, accountId, { mailboxId: box.id, uids: ALL_UIDS }, "deleted"),
      );
      if (gone.length > 0) session.changed(box.accountId);
    }
    session.unselect();
    return ok("closed");
  },
};

/** RFC 9051 §6.4.2: as CLOSE, and nothing goes. */
export const unselect: CommandSpec<"UNSELECT"> = {
  allowedIn: "selected",
  news: "none",
  async run(session) {
    session.unselect();
    return ok("closed");
  },
};
