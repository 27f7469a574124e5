import { capabilities } from "../capabilities.ts";
import { type CommandSpec, ok } from "../completion.ts";

/** RFC 9051 §6.1.1. */
export const capability: CommandSpec<"CAPABILITY"> = {
  allowedIn: "any",
  news: "hinted",
  async run(session) {
    await session.send(`* CAPABILITY ${capabilities(session)}`);
    return ok("these work");
  },
};
