import { findMechanism, mechanismsOf } from "../../sign-in/mechanisms.ts";
import { runSasl, type SaslPeer } from "../../sign-in/run-sasl.ts";
import { bad, type CommandSpec, no } from "../completion.ts";
import type { ImapSession } from "../session.ts";
import { clientOf, refuse, welcome } from "../sign-in.ts";

/** RFC 9051 §6.2.2, with the initial response of RFC 4959. */
export const authenticate: CommandSpec<"AUTHENTICATE"> = {
  allowedIn: "not-authenticated",
  news: "none",
  async run(session, { mechanism: name, initialResponse }) {
    const mechanism = findMechanism(name, mechanismsOf(session.connection));
    if (mechanism === undefined) return no("there is no such mechanism here", "CANNOT");
    if (!session.mayLogin) return no("start TLS first", "PRIVACYREQUIRED");
    const outcome = await runSasl(peerOf(session), mechanism, initialResponse);
    if (outcome.kind === "signed-in") return welcome(session, outcome.principal);
    if (outcome.kind === "cancelled") return bad("cancelled");
    if (outcome.kind === "malformed") return bad(`${mechanism} wants ${outcome.expected} here`);
    if (outcome.kind === "refused") return refuse(session, outcome.error);
    return no("you can't act for others", "AUTHORIZATIONFAILED");
  },
};

function peerOf(session: ImapSession): SaslPeer {
  return {
    tenancy: session.deps.tenancy,
    client: clientOf(session),
    scope: "imap",
    channelBinding: (type) => session.connection.channelBinding(type),
    async ask(challenge) {
      await session.send(`+ ${challenge}`);
      const line = await session.nextLine();
      return line === "refused" ? undefined : new TextDecoder().decode(line);
    },
  };
}
