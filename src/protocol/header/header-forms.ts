import { parseAddressList } from "../address/index.ts";
import type { AddressItem, Mailbox } from "../address/index.ts";
import { parseDateTime } from "./date-time.ts";
import type { ZonedTime } from "./date-time.ts";
import { decodeWords } from "./encoded-words.ts";
import type { HeaderField } from "./header-fields.ts";
import { parseMessageIds } from "./message-ids.ts";

/** RFC 8621 §4.1.2.3. */
export interface EmailAddress {
  readonly name: string | null;
  readonly email: string;
}

/** RFC 8621 §4.1.2.4. Addresses outside a group are in one without a name. */
export interface EmailAddressGroup {
  readonly name: string | null;
  readonly addresses: readonly EmailAddress[];
}

const rawText = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Everything after the colon, folds and leading space included, without the final line end (RFC 8621 §4.1.2.1). What
 * is no UTF-8 becomes U+FFFD, NUL is dropped.
 */
export function asRaw(bytes: Uint8Array, field: Pick<HeaderField, "valueStart" | "valueEnd">): string {
  return rawText.decode(bytes.subarray(field.valueStart, field.valueEnd)).replaceAll("\0", "");
}

/** Unfolded, encoded words decoded, NFC (RFC 8621 §4.1.2.2). @param value unfolded, as `headerText` gives it */
export function asText(value: string): string {
  return decodeWords(value)
    .replace(/[\r\n\0]+/g, " ")
    .trim()
    .normalize("NFC");
}

function emailAddress(box: Mailbox): EmailAddress {
  const name = box.name === null ? "" : asText(box.name);
  return {
    name: name === "" ? null : name,
    email: box.domain === "" ? box.local : `${box.local}@${box.domain}`,
  };
}

function groupsOf(items: readonly AddressItem[]): EmailAddressGroup[] {
  const groups: { name: string | null; addresses: EmailAddress[] }[] = [];
  let loose: EmailAddress[] | null = null;
  for (const item of items) {
    if ("group" in item) {
      loose = null;
      groups.push({ name: asText(item.group), addresses: item.members.map((box) => emailAddress(box)) });
    } else {
      if (loose === null) groups.push({ name: null, addresses: (loose = []) });
      loose.push(emailAddress(item));
    }
  }
  return groups;
}

/** RFC 8621 §4.1.2.3: every mailbox, groups dissolved. @param value unfolded */
export function asAddresses(value: string): EmailAddress[] {
  return groupsOf(parseAddressList(value)).flatMap((group) => group.addresses);
}

/** RFC 8621 §4.1.2.4. @param value unfolded */
export function asGroupedAddresses(value: string): EmailAddressGroup[] {
  return groupsOf(parseAddressList(value));
}

/** RFC 8621 §4.1.2.5: ids without angle brackets, or null if there are none. @param value unfolded */
export function asMessageIds(value: string): string[] | null {
  const ids = parseMessageIds(value);
  return ids.length === 0 ? null : ids;
}

/** RFC 8621 §4.1.2.6, or null if it is no date. @param value unfolded */
export function asDate(value: string): ZonedTime | null {
  return parseDateTime(value);
}

/** RFC 8621 §4.1.2.7: what stands in angle brackets in List-* fields (RFC 2369), or null. @param value unfolded */
export function asUrls(value: string): string[] | null {
  const found = [...value.matchAll(/<([^<>]+)>/g)].map((match) => (match[1] ?? "").replace(/\s+/g, ""));
  const urls = found.filter((url) => /^[a-z][a-z0-9+.-]*:/i.test(url));
  return urls.length === 0 ? null : urls;
}
