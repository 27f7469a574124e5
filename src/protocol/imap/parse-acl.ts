import { modRights } from "./acl-rights.ts";
import type { CommandArgs } from "./command.ts";
import { type NameEncoding, mailboxName } from "./mailbox-name.ts";
import type { Scanner } from "./scanner.ts";

/** Longest identifier taken: an address has at most 254 octets, and there may be a "-" before it. */
const MAX_IDENTIFIER = 255;

/** Reads an identifier (RFC 4314 §2). A "-" before it means the rights that it takes away. */
function identifier(s: Scanner): { readonly identifier: string; readonly isNegative: boolean } {
  const start = s.at;
  const bytes = s.astring();
  if (bytes.length > MAX_IDENTIFIER) s.fail(`an identifier of at most ${MAX_IDENTIFIER} octets`, start);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const isNegative = text.startsWith("-");
  const name = isNegative ? text.slice(1) : text;
  return name === "" ? s.fail("an identifier", start) : { identifier: name, isNegative };
}

/** Reads the arguments of DELETEACL and LISTRIGHTS (RFC 4314 §3.2, §3.4). */
export function mailboxAndIdentifier(s: Scanner, encoding: NameEncoding): CommandArgs["DELETEACL"] {
  s.space();
  const mailbox = mailboxName(s, encoding);
  s.space();
  return { mailbox, ...identifier(s) };
}

/** Reads the arguments of SETACL (RFC 4314 §3.1). */
export function setAcl(s: Scanner, encoding: NameEncoding): CommandArgs["SETACL"] {
  const whom = mailboxAndIdentifier(s, encoding);
  s.space();
  return { ...whom, ...modRights(s) };
}
