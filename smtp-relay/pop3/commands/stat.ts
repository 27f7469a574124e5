import { type CommandSpec, ok } from "../reply.ts";

/** RFC 1939 §5. */
export const stat: CommandSpec<"STAT"> = {
  allowedIn: "transaction",
  async run({ here }) {
    const { count, totalBytes } = here.maildrop.totals;
    return ok(`${count} ${totalBytes}`);
  },
};
