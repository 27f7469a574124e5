import { deleteMailbox } from "../../../src/mailstore/index.ts";
import { type CommandSpec, ok } from "../completion.ts";
import { findMailbox } from "../namespaces.ts";

/** RFC 9051 §6.3.5. What was in it is hidden and stays under retention. */
export const deleteCommand: CommandSpec<"DELETE"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { mailbox }) {
    const { box, accountId } = await session.transaction(async (tx, me) => {
      const named = await findMailbox(tx, me, mailbox, "x");
      await deleteMailbox(tx, named.accountId, named.box.id, true);
      return named;
    });
    if (session.selected?.id === box.id) session.unselect();
    session.changed(accountId);
    return ok("deleted");
  },
};
