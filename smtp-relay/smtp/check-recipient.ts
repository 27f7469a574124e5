import {
  parseRcptTo,
  readRcptOptions,
  type Reply,
  reply,
  splitCommand,
} from "../../src/protocol/smtp/index.ts";
import type { CommandLines } from "./command-lines.ts";
import { REPLIES } from "./replies.ts";
import type { AskedRecipient, Transaction } from "./smtp-policy.ts";

/** Reads one RCPT. @param transaction null: none has begun @param isChunked its content has begun already */
export function checkRecipient(
  transaction: Transaction | null,
  isChunked: boolean,
  args: string,
): AskedRecipient | Reply {
  const parsed = parseRcptTo(args);
  if (!parsed.ok) return reply(501, "5.5.4", `Expected ${parsed.expected}`);
  if (transaction === null) return REPLIES.needMail;
  if (isChunked) return REPLIES.chunksBegun;
  const { path, parameters } = parsed.value;
  const options = readRcptOptions(parameters);
  if (!options.ok) return options.refusal;
  if (path.needsUtf8 && !transaction.options.smtpUtf8) return REPLIES.notUtf8;
  return { path, options: options.value };
}

/** Takes the RCPT commands that the client has pipelined behind one. @returns what follows RCPT in each */
export function takeRecipients(lines: CommandLines, most: number): string[] {
  const taken: string[] = [];
  while (taken.length < most) {
    const next = lines.peek();
    const command = next === null ? null : splitCommand(next);
    if (command?.verb !== "RCPT") break;
    lines.skip();
    taken.push(command.args);
  }
  return taken;
}
