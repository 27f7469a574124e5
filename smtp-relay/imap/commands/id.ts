import { printId } from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, ok } from "../completion.ts";

const OURS = new Map([["name", "Angelia"]]);

/** RFC 2971. What clients say of themselves helps when one misbehaves. */
export const id: CommandSpec<"ID"> = {
  allowedIn: "any",
  news: "none",
  async run(session, { parameters }) {
    const { accountId } = session.principal ?? {};
    const [name, version] = [parameters.get("name"), parameters.get("version")];
    session.deps.log.info("imap.client_id", { accountId, name, version });
    await session.send(printId(OURS));
    return ok("nice to meet you");
  },
};
