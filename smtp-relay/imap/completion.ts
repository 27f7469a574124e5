import { type ErrorCode, WIRE } from "../../src/kernel/error.ts";
import type { CommandName, CommandOf } from "../../src/protocol/imap/index.ts";
import type { ImapSession } from "./session.ts";

/** How a command ended; it becomes the tagged response. */
export interface Completion {
  readonly is: "OK" | "NO" | "BAD";
  readonly text: string;
  /** Response code with its arguments, without brackets. */
  readonly code?: string;
  /** The same, known only when the news has been told; undefined: none. */
  readonly codeLater?: () => string | undefined;
}

export const ok = (text: string, code?: string): Completion =>
  code === undefined ? { is: "OK", text } : { is: "OK", text, code };
export const no = (text: string, code?: string): Completion =>
  code === undefined ? { is: "NO", text } : { is: "NO", text, code };
export const bad = (text: string): Completion => ({ is: "BAD", text });

/** The command has not ended: whoever ends it sends the tagged response. */
export const LATER: Completion = { is: "OK", text: "later" };

/** The NO for an expected failure. */
export function refusal(code: ErrorCode): Completion {
  const { imap, text } = WIRE[code];
  return no(text, imap);
}

/** Who may call a command. */
export type AllowedIn = "any" | "not-authenticated" | "authenticated" | "selected";

/**
 * What the client is told of the selected mailbox before the tagged response: nothing; what other sessions did, but
 * no EXPUNGE (RFC 9051 §7.5.1); all of it, when there is a hint of something new; all of it, and look it up anyway.
 */
export type News = "none" | "no-expunge" | "hinted" | "all";

/** One command: a file in `commands/` and a line in its table. */
export interface CommandSpec<N extends CommandName> {
  readonly allowedIn: AllowedIn;
  readonly news: News | ((command: CommandOf<N>) => News);
  /** @throws {MailError} becomes NO with its code */
  run(session: ImapSession, command: CommandOf<N>): Promise<Completion>;
}
