import type { CommandName, CommandOf, SearchKey } from "../../src/protocol/imap/index.ts";
import { type Completion, bad } from "./completion.ts";
import type { ImapSession } from "./session.ts";

/** Once UIDONLY is enabled, message numbers mean nothing any more (RFC 9586 §3).
 * @returns the refusal of a command that has some in it, or would be answered with some */
export function wantsUids(session: ImapSession, command: CommandOf<CommandName>): Completion | undefined {
  if (!session.enabled.has("UIDONLY") || !hasNumbers(command)) return undefined;
  return { ...bad("only UIDs are enabled"), code: "UIDREQUIRED" };
}

function hasNumbers(command: CommandOf<CommandName>): boolean {
  if ("uid" in command && !command.uid) return true;
  if ("qresync" in command && command.qresync?.hasNumbers === true) return true;
  return "key" in command && namesNumbers(command.key);
}

function namesNumbers(key: SearchKey): boolean {
  if (key.key === "and" || key.key === "or") return key.of.some(namesNumbers);
  if (key.key === "not") return namesNumbers(key.of);
  return key.key === "sequence" && key.set !== "$";
}
