import { type CommandSpec, ok } from "../completion.ts";

/** RFC 9051 §6.1.3. */
export const logout: CommandSpec<"LOGOUT"> = {
  allowedIn: "any",
  news: "none",
  async run(session) {
    session.isOver = true;
    await session.send("* BYE see you");
    return ok("signed out");
  },
};
