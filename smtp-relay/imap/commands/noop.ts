import { type CommandSpec, ok } from "../completion.ts";

/** RFC 9051 §6.1.2: what a client asks with when it wants to know what is new. */
export const noop: CommandSpec<"NOOP"> = {
  allowedIn: "any",
  news: "all",
  run: async () => ok("done"),
};
