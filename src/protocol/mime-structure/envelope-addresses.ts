import { asText } from "../header/index.ts";
import type { EmailAddress } from "../header/index.ts";
import type { EnvelopeAddress } from "./mime-index.ts";

/**
 * A stored address list in JMAP's form (RFC 8621 §4.1.2.3): names decoded, groups dissolved. Null if the field is
 * absent.
 */
export function emailAddresses(list: readonly EnvelopeAddress[] | undefined): EmailAddress[] | null {
  if (list === undefined) return null;
  const found: EmailAddress[] = [];
  for (const [name, , mailbox, host] of list) {
    if (mailbox === null || host === null) continue; // the beginning or the end of a group
    const text = name === null ? "" : asText(name);
    found.push({ name: text === "" ? null : text, email: host === "" ? mailbox : `${mailbox}@${host}` });
  }
  return found;
}
