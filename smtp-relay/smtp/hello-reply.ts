import { type Reply, reply } from "../../src/protocol/smtp/index.ts";
import type { SmtpSettings } from "./smtp-deps.ts";

/** The answer to EHLO (RFC 5321 §4.1.1.1): what may be used from now on. @param more lines of this kind of server */
export function helloReply(
  { hostname, maxMessageBytes }: SmtpSettings,
  isSecure: boolean,
  more: readonly string[],
): Reply {
  return reply(
    250,
    null,
    hostname,
    "PIPELINING",
    `SIZE ${maxMessageBytes}`,
    isSecure ? "REQUIRETLS" : "STARTTLS",
    "8BITMIME",
    "CHUNKING",
    "SMTPUTF8",
    "ENHANCEDSTATUSCODES",
    ...more,
  );
}
