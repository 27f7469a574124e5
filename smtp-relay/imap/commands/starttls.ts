import { type CommandSpec, bad, ok } from "../completion.ts";
import { ConnectionClosed } from "../../listen/connection.ts";

/** RFC 9051 §6.2.1. */
export const starttls: CommandSpec<"STARTTLS"> = {
  allowedIn: "not-authenticated",
  news: "none",
  async run(session) {
    if (session.connection.isSecure) return bad("TLS is on already");
    // More bytes behind the command would be answered as if they had come through TLS: nobody honest sends them.
    if (session.reader.hasPending) throw new ConnectionClosed();
    session.wantsTls = true;
    return ok("begin TLS now");
  },
};
