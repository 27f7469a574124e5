import { printList } from "../../../src/protocol/pop3/index.ts";
import { capabilities } from "../capabilities.ts";
import { ConnectionClosed } from "../../listen/connection.ts";
import { type CommandSpec, err, ok, type Reply } from "../reply.ts";

const listed = (title: string, lines: readonly string[]): Reply => ok(title) + printList(lines);

/** RFC 2449 §5. */
export const capa: CommandSpec<"CAPA"> = {
  allowedIn: "any",
  run: (session) => Promise.resolve(listed("these work", capabilities(session))),
};

/** RFC 2595 §4. */
export const stls: CommandSpec<"STLS"> = {
  allowedIn: "authorization",
  async run(session) {
    if (session.connection.isSecure) return err("TLS is on already");
    // More bytes behind the command would be answered as if they had come through TLS: nobody honest sends them.
    if (session.lines.hasMore) throw new ConnectionClosed();
    session.wantsTls = true;
    return ok("begin TLS now");
  },
};

/** RFC 6856 §2.1. Deviation: messages are the same without it, headers with 8-bit octets too. */
export const utf8: CommandSpec<"UTF8"> = {
  allowedIn: "authorization",
  run: () => Promise.resolve(ok("messages come as they are")),
};

/** RFC 1939 §5. */
export const noop: CommandSpec<"NOOP"> = {
  allowedIn: "transaction",
  run: () => Promise.resolve(ok("still here")),
};
