import { type CommandSpec, bad, no, ok } from "../completion.ts";

/** RFC 4978. TLS does not compress here: OpenSSL has no compression since CRIME, so nothing is ever compressed twice. */
export const compress: CommandSpec<"COMPRESS"> = {
  allowedIn: "authenticated",
  news: "none",
  async run(session, { algorithm }) {
    if (algorithm !== "DEFLATE") return bad("the algorithm is DEFLATE");
    if (session.connection.isCompressed) return no("compression is on already", "COMPRESSIONACTIVE");
    // §3: the client waits for the answer. What it sends earlier may be either.
    if (session.reader.hasPending) return bad("say nothing more until compression is on");
    session.wantsDeflate = true;
    return ok("compression begins now");
  },
};
