/** Parsed forms of a header field (RFC 8621 §4.1.2). */
const HEADER_FORMS = ["Raw", "Text", "Addresses", "GroupedAddresses", "MessageIds", "Date", "URLs"] as const;
export type HeaderForm = (typeof HEADER_FORMS)[number];

/** `header:{name}[:as{form}][:all]` (RFC 8621 §4.1.3). */
export interface HeaderProperty {
  /** The whole name as the client wrote it: the answer uses it again. */
  readonly property: string;
  /** as the client wrote it */
  readonly field: string;
  readonly form: HeaderForm;
  /** all instances, instead of the last one */
  readonly all: boolean;
}

const ADDRESSES = ["from", "sender", "reply-to", "to", "cc", "bcc"];
const URLS = ["list-help", "list-unsubscribe", "list-subscribe", "list-post", "list-owner", "list-archive"];
const IDS = ["message-id", "in-reply-to", "references"];

/** Fields that RFC 5322 and RFC 2369 define, with the forms they may be asked for in besides Raw. */
const FORMS: ReadonlyMap<string, readonly HeaderForm[]> = new Map<string, readonly HeaderForm[]>([
  ...[...ADDRESSES, ...ADDRESSES.map((name) => `resent-${name}`)].map(
    (name) => [name, ["Addresses", "GroupedAddresses"]] as const,
  ),
  ...[...IDS, "resent-message-id"].map((name) => [name, ["MessageIds"]] as const),
  ...URLS.map((name) => [name, ["URLs"]] as const),
  ["date", ["Date"]],
  ["resent-date", ["Date"]],
  ["subject", ["Text"]],
  ["comments", ["Text"]],
  ["keywords", ["Text"]],
  ["received", []],
  ["return-path", []],
]);

/** Whether a field may be read or written in a form: other fields than those above may in every form. */
function allowsForm(field: string, form: HeaderForm): boolean {
  return form === "Raw" || (FORMS.get(field.toLowerCase())?.includes(form) ?? true);
}

/** @returns null when it is no header property, or asks for a form that the field has not */
export function parseHeaderProperty(property: string): HeaderProperty | null {
  const match = /^header:([\x21-\x39\x3b-\x7e]+)(?::as([A-Za-z]+))?(:all)?$/.exec(property);
  if (match?.[1] === undefined) return null;
  const field = match[1];
  const form = HEADER_FORMS.find((name) => name === (match[2] ?? "Raw"));
  if (form === undefined || !allowsForm(field, form)) return null;
  return { property, field, form, all: match[3] !== undefined };
}

/** The header properties that have a short name (RFC 8621 §4.1.3). */
export const CONVENIENCE: Readonly<Record<string, readonly [field: string, form: HeaderForm]>> = {
  messageId: ["Message-ID", "MessageIds"],
  inReplyTo: ["In-Reply-To", "MessageIds"],
  references: ["References", "MessageIds"],
  sender: ["Sender", "Addresses"],
  from: ["From", "Addresses"],
  to: ["To", "Addresses"],
  cc: ["Cc", "Addresses"],
  bcc: ["Bcc", "Addresses"],
  replyTo: ["Reply-To", "Addresses"],
  subject: ["Subject", "Text"],
  sentAt: ["Date", "Date"],
};
