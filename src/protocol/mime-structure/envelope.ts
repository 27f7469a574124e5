import { parseAddressList } from "../address/index.ts";
import type { AddressItem, Mailbox } from "../address/index.ts";
import type { FieldReader } from "./header-slots.ts";
import type { Envelope, EnvelopeAddress, MimeLimits } from "./mime-index.ts";

const GROUP_END: EnvelopeAddress = [null, null, null, null];

const mailboxAddress = (box: Mailbox): EnvelopeAddress => [box.name, box.route, box.local, box.domain];

function envelopeAddresses(items: readonly AddressItem[]): EnvelopeAddress[] {
  const list: EnvelopeAddress[] = [];
  for (const item of items) {
    if ("group" in item) {
      list.push([null, null, item.group, null]);
      for (const member of item.members) list.push(mailboxAddress(member));
      list.push(GROUP_END);
    } else {
      list.push(mailboxAddress(item));
    }
  }
  return list;
}

const TEXTS = [
  ["date", "date"],
  ["subject", "subject"],
  ["inReplyTo", "in-reply-to"],
  ["messageId", "message-id"],
] as const;
const LISTS = [
  ["from", "from"],
  ["sender", "sender"],
  ["replyTo", "reply-to"],
  ["to", "to"],
  ["cc", "cc"],
  ["bcc", "bcc"],
] as const;

/** Takes the envelope out of a message header. */
export function readEnvelope(read: FieldReader, limits: MimeLimits): Envelope {
  const env: { -readonly [K in keyof Envelope]: Envelope[K] } = {};
  for (const [key, name] of TEXTS) {
    const value = read(name, limits.fieldBytes);
    if (value !== null) env[key] = value;
  }
  for (const [key, name] of LISTS) {
    const value = read(name, limits.listBytes, ",");
    if (value === null) continue;
    const found = envelopeAddresses(parseAddressList(value));
    if (found.length > 0) env[key] = found;
  }
  return env;
}

/** ENVELOPE's defaults (RFC 9051 §7.5.2): an absent sender or reply-to is the from. */
export function imapEnvelope(env: Envelope): Envelope {
  return env.from === undefined ? env : { sender: env.from, replyTo: env.from, ...env };
}
