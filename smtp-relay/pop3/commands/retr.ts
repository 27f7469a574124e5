import { findMessage } from "../find-message.ts";
import type { CommandSpec } from "../reply.ts";
import { sendMessage } from "../send-message.ts";

/** RFC 1939 §5. */
export const retr: CommandSpec<"RETR"> = {
  allowedIn: "transaction",
  async run(session, { message }) {
    const found = await findMessage(session, message);
    return typeof found === "string" ? found : sendMessage(session, found, undefined);
  },
};

/** RFC 1939 §7. */
export const top: CommandSpec<"TOP"> = {
  allowedIn: "transaction",
  async run(session, { message, lines }) {
    const found = await findMessage(session, message);
    return typeof found === "string" ? found : sendMessage(session, found, lines);
  },
};
