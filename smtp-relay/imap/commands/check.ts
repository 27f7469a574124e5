import { type CommandSpec, ok } from "../completion.ts";

/** RFC 3501 §6.4.1: all that we said is durable already, so this is a NOOP. */
export const check: CommandSpec<"CHECK"> = {
  allowedIn: "selected",
  news: "all",
  run: async () => ok("done"),
};
