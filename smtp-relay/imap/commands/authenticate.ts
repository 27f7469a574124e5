import { type CommandSpec, type Completion, bad, no } from "../completion.ts";
import type { ImapSession } from "../session.ts";
import { signInWithPassword } from "../sign-in.ts";

/** RFC 9051 §6.2.2, with the initial response of RFC 4959. */
export const authenticate: CommandSpec<"AUTHENTICATE"> = {
  allowedIn: "not-authenticated",
  news: "none",
  async run(session, { mechanism, initialResponse }) {
    if (mechanism !== "PLAIN") return no("only PLAIN works here", "CANNOT");
    if (!session.mayLogin) return no("start TLS first", "PRIVACYREQUIRED");
    const response = initialResponse ?? (await ask(session));
    if (response === undefined || response === "*") return bad("cancelled");
    return plain(session, response);
  },
};

/** Sends an empty challenge. @returns the client's line, undefined when it is too long */
async function ask(session: ImapSession): Promise<string | undefined> {
  await session.send("+ ");
  const line = await session.nextLine();
  return line === "refused" ? undefined : new TextDecoder().decode(line);
}

/** RFC 4616: `[authzid] NUL authcid NUL password`, in UTF-8, in base64. */
async function plain(session: ImapSession, base64: string): Promise<Completion> {
  if (!/^(=|[A-Za-z0-9+/]*={0,2})$/.test(base64)) return bad("that is no base64");
  const parts = Buffer.from(base64, "base64").toString("utf8").split("\0");
  const [actAs, user, password] = parts;
  if (parts.length !== 3 || actAs === undefined || user === undefined || password === undefined) {
    return bad("PLAIN takes an address and a password (RFC 4616)");
  }
  if (actAs !== "" && actAs !== user) return no("you can't act for others", "AUTHORIZATIONFAILED");
  return signInWithPassword(session, user, password);
}
