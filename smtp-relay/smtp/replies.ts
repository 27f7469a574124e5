import { MailError, WIRE } from "../../src/kernel/error.ts";
import { type Reply, reply } from "../../src/protocol/smtp/index.ts";

/** What is said in more than one place. */
export const REPLIES = {
  ok: reply(250, "2.0.0", "Ok"),
  tooManyRecipients: reply(452, "4.5.3", "Too many recipients in one message; send the rest in another one"),
  needMail: reply(503, "5.5.1", "Say MAIL first"),
  needRcpt: reply(503, "5.5.1", "Say RCPT first"),
  noValidRecipients: reply(554, "5.5.1", "No valid recipients"),
  goOn: reply(354, null, "Go on; end with a line of a single dot"),
  notUtf8: reply(553, "5.6.7", "An address outside of US-ASCII needs SMTPUTF8"),
  smuggled: reply(550, "5.6.0", "A dot stands alone between line ends that are not CRLF"),
  chunksBegun: reply(503, "5.5.1", "BDAT has begun: go on with BDAT, or say RSET"),
  talkedEarly: reply(554, "5.5.1", "Wait for the reply before you go on"),
  unknownCommand: reply(500, "5.5.2", "This is not a command that is known here"),
  notEncrypted: reply(538, "5.7.11", "Say STARTTLS first: passwords are not sent in clear text here"),
  authenticateFirst: reply(530, "5.7.0", "Sign in first"),
  storageFull: reply(452, "4.3.1", "There is no room for this message right now"),
  loop: reply(554, "5.4.6", "The message goes round in circles: it has passed too many servers"),
  unavailable: reply(451, "4.3.0", WIRE.unavailable.text),
} as const satisfies Record<string, Reply>;

export const tooLarge = (maxBytes: number): Reply =>
  reply(552, "5.3.4", `The message is larger than this server takes: at most ${maxBytes} octets`);

/** How an expected failure is told; anything else is our fault, and temporary: lost mail is worse than late mail. */
export function replyFor(error: unknown): Reply {
  const { smtp, text } = WIRE[error instanceof MailError ? error.code : "internal"];
  const [code, enhanced] = smtp;
  return reply(code, enhanced, text);
}
