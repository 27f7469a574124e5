import { printJmapAccess } from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, no, ok } from "../completion.ts";

/** RFC 9698 §3: where the same mailboxes are found by JMAP. */
export const getJmapAccess: CommandSpec<"GETJMAPACCESS"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session) {
    const { jmapUrl } = session.deps;
    if (jmapUrl === undefined) return no("there is no JMAP here", "CANNOT");
    await session.send(printJmapAccess(jmapUrl));
    return ok("done");
  },
};
