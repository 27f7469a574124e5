import { type ErrorCode, WIRE } from "../../src/kernel/error.ts";
import {
  type CommandName,
  type CommandOf,
  printError,
  printOk,
  type ResponseCode,
} from "../../src/protocol/pop3/index.ts";
import type { Pop3Session } from "./session.ts";

/** The last thing that is said about a command, with its line end; "" when all has been said. */
export type Reply = string;

export const ok = (text: string): Reply => printOk(text);
export const err = (text: string, code?: ResponseCode): Reply => printError(text, code);
export const SAID: Reply = "";

/** What is not the fault of the client's words (RFC 3206): one that sees no code asks its user for another password. */
const CODES: Partial<Record<ErrorCode, ResponseCode>> = {
  account_disabled: "SYS/PERM",
  account_unknown: "SYS/PERM",
  blob_unknown: "SYS/PERM",
  credentials_wrong: "AUTH",
  internal: "SYS/TEMP",
  mailbox_unknown: "SYS/PERM",
  rate_limited: "SYS/TEMP",
  sign_in_throttled: "SYS/TEMP",
  too_many_connections: "SYS/TEMP",
  unavailable: "SYS/TEMP",
};

/** The -ERR for an expected failure. */
export function refusal(code: ErrorCode): Reply {
  return err(WIRE[code].text, CODES[code]);
}

/** One command: a file in `commands/` and a line in its table. */
export interface CommandSpec<N extends CommandName> {
  /** The state in which it may be given (RFC 1939 §4, §5). */
  readonly allowedIn: "any" | "authorization" | "transaction";
  /** @throws {MailError} becomes -ERR with its code */
  run(session: Pop3Session, command: CommandOf<N>): Promise<Reply>;
}
