import { MailError } from "../../../src/kernel/error.ts";
import { ConnectionClosed } from "../../listen/connection.ts";
import { findMessage } from "../find-message.ts";
import { type CommandSpec, ok } from "../reply.ts";

/** RFC 1939 §7: names of messages that stay the same for ever. */
export const uidl: CommandSpec<"UIDL"> = {
  allowedIn: "transaction",
  async run(session, { message }) {
    const { connection, here, deps } = session;
    if (message !== undefined) {
      const found = await findMessage(session, message);
      if (typeof found === "string") return found;
      const { value } = await here.maildrop.uniqueIds(message, message).next();
      const [, id] = value?.[0] ?? [];
      return ok(`${message} ${id ?? ""}`);
    }
    const view = await here.maildrop.view();
    const pages = here.maildrop.uniqueIds(1, view.last);
    const head = await pages.next();
    await connection.write(ok("the unique-ids follow"));
    try {
      for (let next = head; next.done !== true; next = await pages.next())
        await connection.write(next.value.map(([number, id]) => `${number} ${id}\r\n`).join(""));
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      // Half of the list is with the client: there is no way to say that it was not all.
      deps.log.warn("pop3.list_failed", { code: error.code });
      connection.destroy();
      throw new ConnectionClosed();
    }
    return ".\r\n";
  },
};
