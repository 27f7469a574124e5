import { headerText, parseHeaders } from "../protocol/header/index.ts";

/** What the header of a message says about how many others have it. */
export interface BulkSigns {
  readonly hasListUnsubscribe: boolean;
  readonly hasListId: boolean;
  /** `Precedence: bulk` or `list` */
  readonly isPrecedenceBulk: boolean;
  /** It has a reference of ours from an earlier journey. */
  readonly hasReference: boolean;
}

/** So many recipients of one message, or of one account within an hour, are no personal mail. */
const MESSAGE_RECIPIENTS = 50;
const HOUR_RECIPIENTS = 200;

/** The field that names a bulk message of ours, for complaints about it. */
export const REFERENCE_FIELD = "X-Angelia-Ref";

/** @param header the header block of a message */
export function readBulkSigns(header: Uint8Array): BulkSigns {
  let [hasListUnsubscribe, hasListId, isPrecedenceBulk, hasReference] = [false, false, false, false];
  for (const field of parseHeaders(header))
    switch (field.name.toLowerCase()) {
      case "list-unsubscribe":
        hasListUnsubscribe = true;
        break;
      case "list-id":
        hasListId = true;
        break;
      case "precedence":
        isPrecedenceBulk ||= /^\s*(bulk|list)\s*$/i.test(
          headerText(header, field.valueStart, field.valueEnd),
        );
        break;
      case "x-angelia-ref":
        hasReference = true;
        break;
      default:
    }
  return { hasListUnsubscribe, hasListId, isPrecedenceBulk, hasReference };
}

/** A message that says itself that it goes to many, or that does. */
export function isBulkMessage(signs: BulkSigns, recipients: number): boolean {
  return (
    signs.hasListUnsubscribe || signs.hasListId || signs.isPrecedenceBulk || recipients >= MESSAGE_RECIPIENTS
  );
}

/** An account that writes to so many within an hour, message by message. */
export const isBulkSender = (hourRecipients: number): boolean => hourRecipients >= HOUR_RECIPIENTS;

/** The fields that a bulk message still needs. The link of RFC 8058 names its recipient, so only a message with one recipient
 * can have it (a message is stored once for all); others name the sender's address, which RFC 2369 allows.
 * @param link of the only recipient; null: there are several */
export function bulkFields(
  signs: BulkSigns,
  {
    link,
    sender,
    reference,
  }: { readonly link: string | null; readonly sender: string; readonly reference: string },
): string {
  const named = signs.hasReference ? "" : `${REFERENCE_FIELD}: ${reference}\r\n`;
  if (signs.hasListUnsubscribe || sender === "") return named;
  const mailto = `<mailto:${encodeURI(sender).replaceAll("?", "%3F")}?subject=unsubscribe>`;
  if (link === null) return `${named}List-Unsubscribe: ${mailto}\r\n`;
  return `${named}List-Unsubscribe: <${link}>,\r\n ${mailto}\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n`;
}
