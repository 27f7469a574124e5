import type { AccountId } from "../../../src/kernel/id.ts";
import { ALL_UIDS, insertMailbox, movePlacements, updateMailbox } from "../../../src/mailstore/index.ts";
import { type CommandSpec, no, ok } from "../completion.ts";
import { makePlace } from "../mailbox-tree.ts";
import { branchFor, findMailbox, readNamesAround } from "../namespaces.ts";

/** RFC 9051 §6.3.6. What is below a mailbox goes with it; UIDs and access control lists stay as they are. */
export const rename: CommandSpec<"RENAME"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { from, to }) {
    const done = await session.transaction(async (tx, me): Promise<AccountId | "exists" | "elsewhere"> => {
      const { box, accountId } = await findMailbox(tx, me, from, "x");
      const tree = await readNamesAround(tx, me, to);
      if (tree.find(to) !== undefined) return "exists";
      const branch = await branchFor(tx, me, tree, to);
      if (branch.accountId !== accountId) return "elsewhere";
      const place = await makePlace(tx, accountId, tree, to, branch.prefix);
      if (box.role === "inbox") {
        // Its messages move to a new mailbox, and it stays, empty.
        const target = await insertMailbox(tx, accountId, place);
        await movePlacements(tx, accountId, { mailboxId: box.id, uids: ALL_UIDS }, target.id);
      } else await updateMailbox(tx, accountId, box.id, place);
      return accountId;
    });
    if (done === "exists") return no("there is such a mailbox already", "ALREADYEXISTS");
    if (done === "elsewhere") return no("a mailbox stays with its owner: copy what is in it", "CANNOT");
    session.changed(done);
    return ok("renamed");
  },
};
