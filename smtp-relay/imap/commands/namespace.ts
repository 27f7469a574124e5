import { printNamespaces } from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, ok } from "../completion.ts";
import { OTHER_USERS, SHARED } from "../namespaces.ts";

/** RFC 9051 §6.3.10. */
export const namespace: CommandSpec<"NAMESPACE"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session) {
    await session.send(printNamespaces(OTHER_USERS, SHARED));
    return ok("done");
  },
};
