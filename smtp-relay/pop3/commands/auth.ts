import { ConnectionClosed } from "../../listen/connection.ts";
import { findMechanism, mechanismsOf } from "../../sign-in/mechanisms.ts";
import { runSasl, type SaslPeer } from "../../sign-in/run-sasl.ts";
import { type CommandSpec, err } from "../reply.ts";
import type { Pop3Session } from "../session.ts";
import { NEEDS_TLS, refuse, welcome } from "../sign-in.ts";

/** RFC 5034. */
export const auth: CommandSpec<"AUTH"> = {
  allowedIn: "authorization",
  async run(session, { mechanism: name, initialResponse }) {
    const offered = mechanismsOf(session.connection);
    const mechanism = findMechanism(name, offered);
    if (mechanism === undefined) return err(`there are ${offered.join(", ")}`);
    if (!session.mayLogin) return NEEDS_TLS;
    const outcome = await runSasl(peerOf(session), mechanism, initialResponse);
    if (outcome.kind === "signed-in") return welcome(session, outcome.principal);
    if (outcome.kind === "cancelled") return err("cancelled");
    if (outcome.kind === "malformed") return err(`${mechanism} wants ${outcome.expected} here`);
    if (outcome.kind === "refused") return refuse(session, outcome.error);
    return err("you can only sign in as yourself", "AUTH");
  },
};

function peerOf(session: Pop3Session): SaslPeer {
  return {
    tenancy: session.deps.tenancy,
    client: session.client,
    scope: "pop3",
    channelBinding: (type) => session.connection.channelBinding(type),
    async ask(challenge) {
      await session.connection.write(`+ ${challenge}\r\n`);
      const said = await session.nextLine();
      // RFC 1939 §3: who says nothing for too long goes without a word, here too.
      if (said.kind === "end" || said.kind === "timeout") throw new ConnectionClosed();
      return said.kind === "line" ? said.text : undefined;
    },
  };
}
