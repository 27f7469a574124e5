import { insertMailbox } from "../../../src/mailstore/index.ts";
import { DELIMITER } from "../../../src/protocol/imap/index.ts";
import { printId } from "../../../src/protocol/jmap/jmap-id.ts";
import { type CommandSpec, no, ok } from "../completion.ts";
import { makePlace, roleOf } from "../mailbox-tree.ts";
import { branchFor, readNamesAround } from "../namespaces.ts";

/** RFC 9051 §6.3.4, with the special uses of RFC 6154. */
export const create: CommandSpec<"CREATE"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { mailbox, specialUse }) {
    // A delimiter at the end only says that there will be mailboxes below.
    const path = mailbox.endsWith(DELIMITER) ? mailbox.slice(0, -1) : mailbox;
    const roles = specialUse.map(roleOf);
    const [role] = roles;
    if (roles.length > 1 || (roles.length === 1 && role === undefined)) {
      return no("a mailbox can have one of these uses: Archive, Drafts, Junk, Sent, Trash", "USEATTR");
    }
    const made = await session.transaction(async (tx, me) => {
      const tree = await readNamesAround(tx, me, path);
      if (tree.find(path) !== undefined) return "exists";
      const { accountId, prefix } = await branchFor(tx, me, tree, path);
      const isTaken = tree.all.some((one) => one.box.role === role && one.accountId === accountId);
      if (role !== undefined && isTaken) return "taken";
      const place = await makePlace(tx, accountId, tree, path, prefix);
      const { id } = await insertMailbox(tx, accountId, role === undefined ? place : { ...place, role });
      return { id, accountId };
    });
    if (made === "taken") return no("another mailbox has this use already", "USEATTR");
    if (made === "exists") return no("there is such a mailbox already", "ALREADYEXISTS");
    session.changed(made.accountId);
    return ok("made", `MAILBOXID (${printId("mailbox", made.id)})`);
  },
};
