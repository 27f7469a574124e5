import { findMessage } from "../find-message.ts";
import { inWords } from "../sign-in.ts";
import { type CommandSpec, ok } from "../reply.ts";

/** Lines that are put together before they are sent. */
const AT_ONCE = 1_000;

/** RFC 1939 §5: message numbers and sizes. */
export const list: CommandSpec<"LIST"> = {
  allowedIn: "transaction",
  async run(session, { message }) {
    if (message !== undefined) {
      const found = await findMessage(session, message);
      return typeof found === "string" ? found : ok(`${message} ${found.size}`);
    }
    const { connection, here } = session;
    const view = await here.maildrop.view();
    await connection.write(ok(inWords(here.maildrop)));
    for (let first = 1; first <= view.last; first += AT_ONCE) {
      let lines = "";
      for (let number = first; number < first + AT_ONCE; number++) {
        const entry = view.isMarked(number) ? undefined : view.at(number);
        if (entry !== undefined) lines += `${number} ${entry.size}\r\n`;
      }
      await connection.write(lines);
    }
    return ".\r\n";
  },
};
