import { type Envelope, type EnvelopeAddress, imapEnvelope } from "../mime-structure/index.ts";
import { printNstring } from "./print-string.ts";

/** Writes `envelope` (RFC 9051 §7.5.2). */
export function printEnvelope(raw: Envelope): string {
  const env = imapEnvelope(raw);
  const lists = [env.from, env.sender, env.replyTo, env.to, env.cc, env.bcc].map(printAddresses);
  return `(${[
    printNstring(env.date),
    printNstring(env.subject),
    ...lists,
    printNstring(env.inReplyTo),
    printNstring(env.messageId),
  ].join(" ")})`;
}

/** Addresses stand side by side without a space; no list is empty. */
function printAddresses(addresses: readonly EnvelopeAddress[] | undefined): string {
  if (addresses === undefined || addresses.length === 0) return "NIL";
  return `(${addresses.map(printAddress).join("")})`;
}

function printAddress(address: EnvelopeAddress): string {
  return `(${address.map((field) => printNstring(field ?? undefined)).join(" ")})`;
}
