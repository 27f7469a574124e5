import { deleteMailbox } from "../../../src/mailstore/index.ts";
import { type CommandSpec, ok } from "../completion.ts";
import { readTree } from "../mailbox-tree.ts";

/** RFC 9051 §6.3.5. What was in it is hidden and stays under retention. */
export const deleteCommand: CommandSpec<"DELETE"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { mailbox }) {
    const id = await session.transaction(async (tx, accountId) => {
      const { box } = (await readTree(tx, accountId)).get(mailbox);
      await deleteMailbox(tx, accountId, box.id, true);
      return box.id;
    });
    if (session.selected?.id === id) session.unselect();
    session.changed();
    return ok("deleted");
  },
};
