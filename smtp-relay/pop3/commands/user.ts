import { type CommandSpec, err, ok } from "../reply.ts";
import { NEEDS_TLS, signInWithPassword } from "../sign-in.ts";

/** RFC 1939 §7. Every name is good: who has a mailbox here is told to nobody. */
export const user: CommandSpec<"USER"> = {
  allowedIn: "authorization",
  async run(session, { user: name }) {
    session.user = session.mayLogin ? name : undefined;
    return session.user === undefined ? NEEDS_TLS : ok("and the password?");
  },
};

/** RFC 1939 §7. */
export const pass: CommandSpec<"PASS"> = {
  allowedIn: "authorization",
  async run(session, { password }) {
    const { user: name } = session;
    return name === undefined ? err("say USER first") : signInWithPassword(session, name, password);
  },
};
