import { findMessage } from "../find-message.ts";
import { type CommandSpec, ok } from "../reply.ts";
import { inWords } from "../sign-in.ts";

/** RFC 1939 §5: it goes when the client says QUIT, and not before. */
export const dele: CommandSpec<"DELE"> = {
  allowedIn: "transaction",
  async run(session, { message }) {
    const found = await findMessage(session, message);
    if (typeof found === "string") return found;
    (await session.here.maildrop.view()).mark(message);
    return ok(`message ${message} is marked as deleted`);
  },
};

/** RFC 1939 §5. */
export const rset: CommandSpec<"RSET"> = {
  allowedIn: "transaction",
  async run({ here }) {
    here.maildrop.unmarkAll();
    return ok(inWords(here.maildrop));
  },
};
