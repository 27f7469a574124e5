import { formatDateTime, parseDateTime } from "../../src/protocol/header/index.ts";
import { fieldsOf } from "./message-lines.ts";

/** What an Outlook file has of a message, in plain values. */
export interface PstMail {
  /** its number in the file */
  readonly id: number;
  /** the header that it came with, as Outlook kept it; empty for what was written there */
  readonly header: string;
  readonly subject: string;
  readonly from: PstAddress;
  readonly recipients: readonly (PstAddress & { readonly kind: "to" | "cc" | "bcc" })[];
  readonly messageId: string;
  readonly inReplyTo: string;
  /** milliseconds since the epoch */
  readonly sentAt: number | null;
  readonly receivedAt: number | null;
  readonly text: string;
  readonly html: string;
  readonly isRead: boolean;
  readonly isFlagged: boolean;
  readonly isAnswered: boolean;
  readonly isForwarded: boolean;
  readonly isDraft: boolean;
  readonly attachments: readonly PstPart[];
}

export interface PstAddress {
  readonly name: string;
  /** empty where the file has only a name of the old server's directory */
  readonly address: string;
}

export type PstPart =
  | {
      readonly kind: "file";
      readonly name: string;
      readonly type: string;
      /** of pictures in the text; empty: none */
      readonly contentId: string;
      read(): Uint8Array;
    }
  | { readonly kind: "message"; readonly mail: PstMail };

const CRLF = "\r\n";
/** Messages in messages; deeper ones are left out. */
const DEPTH_MAX = 5;

/** An encoded word for what is not plain (RFC 2047 §2): as many as are needed, each of at most 75 characters. */
export function encodedText(text: string): string {
  const flat = text.replaceAll(/[\r\n\0]+/g, " ").trim();
  if (/^[\x20-\x7e]*$/.test(flat) && !flat.includes("=?")) return folded(flat);
  const words: string[] = [];
  let word = "";
  for (const char of flat.toWellFormed()) {
    if (Buffer.byteLength(word + char) > 42) {
      words.push(word);
      word = "";
    }
    word += char;
  }
  words.push(word);
  return words.map((one) => `=?utf-8?B?${Buffer.from(one).toString("base64")}?=`).join(`${CRLF} `);
}

/** Lines of at most 998 octets (RFC 5322 §2.1.1), broken at spaces. */
const folded = (text: string): string =>
  text.length <= 900 ? text : text.replaceAll(/(.{1,900})(?: |$)/g, `$1${CRLF} `).trimEnd();

function printAddress({ name, address }: PstAddress): string {
  // A name of the old directory is no address: it stands as a group without members, which is allowed (RFC 6854).
  const isAddress = /^[^\s@<>,;:"]+@[^\s@<>,;:"]+$/.test(address);
  const shown = name === "" ? address : name;
  const phrase = /^[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*$/.test(shown)
    ? shown
    : /^[\x20-\x7e]*$/.test(shown)
      ? `"${shown.replaceAll(/["\\]/g, String.raw`\$&`)}"`
      : encodedText(shown);
  if (!isAddress) return phrase === "" ? "undisclosed-recipients:;" : `${phrase}:;`;
  return name === "" || name === address ? address : `${phrase} <${address}>`;
}

const LEFT_OUT = /^(content-.*|mime-version|bcc|x-ms-tnef-correlator)$/;

/** The header: what Outlook kept of the one that it came with, without what describes the body; else made of what is known. */
function headerOf(mail: PstMail): string {
  const kept = fieldsOf(Buffer.from(`${mail.header.replaceAll(/\r?\n/g, CRLF)}${CRLF}`, "utf8")).filter(
    ({ name, value }) => !LEFT_OUT.test(name) && value !== "",
  );
  const has = (name: string): boolean => kept.some((one) => one.name === name);
  const lines = kept
    .filter(({ name, value }) => name !== "date" || parseDateTime(value) !== null)
    .map(({ name, value }) => `${fieldName(name)}: ${folded(Buffer.from(value, "latin1").toString("utf8"))}`);
  const hasDate = kept.some(({ name, value }) => name === "date" && parseDateTime(value) !== null);
  const sentAt = mail.sentAt ?? mail.receivedAt;
  if (!hasDate && sentAt !== null) lines.push(`Date: ${formatDateTime({ ms: sentAt, zoneMinutes: 0 })}`);
  if (!has("from")) lines.push(`From: ${printAddress(mail.from)}`);
  for (const kind of ["to", "cc", "bcc"] as const) {
    const some = mail.recipients.filter((one) => one.kind === kind).map(printAddress);
    if (some.length > 0 && !has(kind)) lines.push(`${fieldName(kind)}: ${some.join(`,${CRLF} `)}`);
  }
  if (!has("subject")) lines.push(`Subject: ${encodedText(mail.subject)}`);
  if (!has("message-id") && mail.messageId !== "") lines.push(`Message-ID: ${idOf(mail.messageId)}`);
  if (!has("in-reply-to") && mail.inReplyTo !== "") lines.push(`In-Reply-To: ${idOf(mail.inReplyTo)}`);
  lines.push("MIME-Version: 1.0");
  return lines.join(CRLF);
}

const idOf = (id: string): string => {
  const bare = id.replaceAll(/[\s<>]/g, "");
  return `<${bare}>`;
};
const fieldName = (name: string): string =>
  name === "message-id"
    ? "Message-ID"
    : name.replaceAll(/(^|-)([a-z])/g, (_, dash: string, first: string) => `${dash}${first.toUpperCase()}`);

/** Base64 in lines of 76. */
const base64 = (octets: Uint8Array): string =>
  Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
    .toString("base64")
    .replaceAll(/.{76}/g, `$&${CRLF}`)
    .trimEnd();

const textPart = (kind: "plain" | "html", text: string): string =>
  `Content-Type: text/${kind}; charset=utf-8${CRLF}Content-Transfer-Encoding: base64${CRLF}${CRLF}${base64(Buffer.from(text.toWellFormed()))}${CRLF}`;

function multipart(kind: string, boundary: string, parts: readonly string[]): string {
  const inside = parts.map((part) => `--${boundary}${CRLF}${part}`).join(CRLF);
  return `Content-Type: multipart/${kind}; boundary="${boundary}"${CRLF}${CRLF}${inside}${CRLF}--${boundary}--${CRLF}`;
}

const token = (type: string): string =>
  /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type.toLowerCase() : "application/octet-stream";

function attachmentPart(part: PstPart, depth: number): string {
  if (part.kind === "message")
    return depth >= DEPTH_MAX
      ? textPart("plain", "A message that stood here was too deep inside others.")
      : `Content-Type: message/rfc822${CRLF}Content-Disposition: attachment${CRLF}${CRLF}${printPstMail(part.mail, depth + 1)}`;
  // RFC 2231 §4: other letters are written as octets.
  const plain = part.name.replaceAll(/[\r\n\0]/g, "");
  const name = /^[\x20-\x7e]*$/.test(plain)
    ? `filename="${plain.replaceAll(/["\\]/g, String.raw`\$&`)}"`
    : `filename*=utf-8''${encodeURIComponent(plain.toWellFormed()).replaceAll(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)}`;
  const id = part.contentId === "" ? "" : `Content-ID: ${idOf(part.contentId)}${CRLF}`;
  const disposition = part.contentId === "" ? "attachment" : "inline";
  return [
    `Content-Type: ${token(part.type)}${CRLF}`,
    `Content-Disposition: ${disposition}${plain === "" ? "" : `; ${name}`}${CRLF}`,
    `${id}Content-Transfer-Encoding: base64${CRLF}${CRLF}${base64(part.read())}${CRLF}`,
  ].join("");
}

/** Makes a message of what an Outlook file has. The same file gives the same octets each time: boundaries are made of its numbers. */
export function printPstMail(mail: PstMail, depth = 0): string {
  const boundary = (kind: string): string => `=_angelia_${kind}_${mail.id}_${depth}`;
  const { text, html, attachments } = mail;
  const bodies = [
    ...(text !== "" || html === "" ? [textPart("plain", text)] : []),
    ...(html === "" ? [] : [textPart("html", html)]),
  ];
  const [only = ""] = bodies;
  const body = bodies.length === 1 ? only : multipart("alternative", boundary("a"), bodies);
  const isPicture = (part: PstPart): boolean =>
    part.kind === "file" && part.contentId !== "" && html.includes(part.contentId);
  const pictures = attachments.filter(isPicture);
  const related =
    pictures.length === 0
      ? body
      : multipart("related", boundary("r"), [body, ...pictures.map((part) => attachmentPart(part, depth))]);
  const others = attachments.filter((part) => !isPicture(part));
  const whole =
    others.length === 0
      ? related
      : multipart("mixed", boundary("m"), [related, ...others.map((part) => attachmentPart(part, depth))]);
  return `${headerOf(mail)}${CRLF}${whole}`;
}
