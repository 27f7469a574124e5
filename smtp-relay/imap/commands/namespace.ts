import { printPersonalNamespace } from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, ok } from "../completion.ts";

/** RFC 9051 §6.3.10. */
export const namespace: CommandSpec<"NAMESPACE"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session) {
    await session.send(printPersonalNamespace());
    return ok("all mailboxes are your own");
  },
};
