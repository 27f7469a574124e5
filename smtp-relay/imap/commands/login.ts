import type { CommandSpec } from "../completion.ts";
import { signInWithPassword } from "../sign-in.ts";

/** RFC 9051 §6.2.3. */
export const login: CommandSpec<"LOGIN"> = {
  allowedIn: "not-authenticated",
  news: "none",
  run: (session, { user, password }) => signInWithPassword(session, user, password),
};
