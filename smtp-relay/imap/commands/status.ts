import { printStatus } from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, ok } from "../completion.ts";
import { findMailbox } from "../namespaces.ts";
import { statusValues } from "../status-values.ts";

/** RFC 9051 §6.3.11. */
export const status: CommandSpec<"STATUS"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { mailbox, items }) {
    const values = await session.transaction(async (tx, accountId) => {
      const { box } = await findMailbox(tx, accountId, mailbox, "r");
      return statusValues(tx, box, items, session.deps.maxMessageBytes);
    });
    // RFC 7162 §3.1: asking for it says that the client knows what it is.
    if (items.includes("HIGHESTMODSEQ")) session.enabled.add("CONDSTORE");
    await session.send(printStatus(mailbox, values, session.nameEncoding));
    return ok("done");
  },
};
