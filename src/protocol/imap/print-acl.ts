import { withObsolete } from "./acl-rights.ts";
import { type NameEncoding, encodeName } from "./mailbox-name.ts";
import { printAstring, printMailbox } from "./print-string.ts";

/** An entry as it is told: its identifier with the "-" of a negative one, and letters of RFC 4314. */
export interface PrintedAclEntry {
  readonly identifier: string;
  readonly rights: string;
}

const rightsText = (letters: string): string => (letters === "" ? '""' : withObsolete(letters));

/** Writes the ACL response (RFC 4314 §3.6). */
export function printAcl(
  mailbox: string,
  entries: readonly PrintedAclEntry[],
  encoding: NameEncoding,
): string {
  const pairs = entries.map(({ identifier, rights }) => `${printAstring(identifier)} ${rightsText(rights)}`);
  return ["* ACL", printMailbox(encodeName(mailbox, encoding)), ...pairs].join(" ");
}

/** Writes the LISTRIGHTS response (RFC 4314 §3.7).
 * @param required what the identifier always has   @param optional what it may get, each of them by itself */
export function printListRights(
  mailbox: string,
  identifier: string,
  required: string,
  optional: string,
  encoding: NameEncoding,
): string {
  const each = withObsolete(optional).split("");
  const name = printMailbox(encodeName(mailbox, encoding));
  return ["* LISTRIGHTS", name, printAstring(identifier), rightsText(required), ...each].join(" ");
}

/** Writes the MYRIGHTS response (RFC 4314 §3.8). */
export function printMyRights(mailbox: string, rights: string, encoding: NameEncoding): string {
  return `* MYRIGHTS ${printMailbox(encodeName(mailbox, encoding))} ${rightsText(rights)}`;
}
