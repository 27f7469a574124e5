import { parseSaslPlain } from "../../../src/protocol/sasl/index.ts";
import { type CommandSpec, err, type Reply } from "../reply.ts";
import type { Pop3Session } from "../session.ts";
import { NEEDS_TLS, signInWithPassword } from "../sign-in.ts";

/** RFC 5034. */
export const auth: CommandSpec<"AUTH"> = {
  allowedIn: "authorization",
  async run(session, { mechanism, initialResponse }) {
    if (mechanism !== "PLAIN") return err("only PLAIN is known here");
    if (!session.mayLogin) return NEEDS_TLS;
    const response = initialResponse ?? (await ask(session));
    return response === undefined ? err("cancelled") : plain(session, response);
  },
};

/** Sends an empty challenge. @returns the client's line; undefined: it would rather not */
async function ask(session: Pop3Session): Promise<string | undefined> {
  await session.connection.write("+ \r\n");
  const said = await session.nextLine();
  return said.kind === "line" && said.text !== "*" ? said.text : undefined;
}

/** RFC 4616. */
async function plain(session: Pop3Session, response: string): Promise<Reply> {
  const parsed = parseSaslPlain(response);
  if (!parsed.ok) return err(`expected ${parsed.expected}`);
  const { authorizationId, authenticationId, password } = parsed.value;
  if (authorizationId !== "" && authorizationId.toLowerCase() !== authenticationId.toLowerCase())
    return err("you can only sign in as yourself", "AUTH");
  return signInWithPassword(session, authenticationId, password);
}
