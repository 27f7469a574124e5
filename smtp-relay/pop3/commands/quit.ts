import { MailError } from "../../../src/kernel/error.ts";
import { type CommandSpec, err, ok } from "../reply.ts";

/** RFC 1939 §4, and §6: the one place where messages go. The session ends, whatever comes of it. */
export const quit: CommandSpec<"QUIT"> = {
  allowedIn: "any",
  async run(session) {
    session.isOver = true;
    if (session.signedIn === undefined) return ok("see you");
    try {
      const count = await session.signedIn.maildrop.update();
      return ok(count === 0 ? "see you" : `${count} in the trash, see you`);
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      session.deps.log.warn("pop3.update_failed", { code: error.code });
      return err("the marked messages were not deleted", "SYS/TEMP");
    }
  },
};
