import { ALL_UIDS, insertMailbox, movePlacements, updateMailbox } from "../../../src/mailstore/index.ts";
import { type CommandSpec, no, ok } from "../completion.ts";
import { makePlace, readTree } from "../mailbox-tree.ts";

/** RFC 9051 §6.3.6. What is below a mailbox goes with it, and UIDs stay as they are. */
export const rename: CommandSpec<"RENAME"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { from, to }) {
    const isDone = await session.transaction(async (tx, accountId) => {
      const tree = await readTree(tx, accountId);
      const { box } = tree.get(from);
      if (tree.find(to) !== undefined) return false;
      const place = await makePlace(tx, accountId, tree, to);
      if (box.role === "inbox") {
        // Its messages move to a new mailbox, and it stays, empty.
        const target = await insertMailbox(tx, accountId, place);
        await movePlacements(tx, accountId, { mailboxId: box.id, uids: ALL_UIDS }, target.id);
      } else await updateMailbox(tx, accountId, box.id, place);
      return true;
    });
    if (!isDone) return no("there is such a mailbox already", "ALREADYEXISTS");
    session.changed();
    return ok("renamed");
  },
};
