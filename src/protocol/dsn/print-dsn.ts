import { printMailDate } from "../compose/index.ts";
import { encodeXtext } from "../smtp/index.ts";
import { explainStatus } from "./explain-status.ts";

/** What happened to one recipient. Times are milliseconds since the epoch. */
export interface DsnRecipient {
  readonly address: string;
  /** `rfc822;address`, as RCPT's ORCPT said it. */
  readonly orcpt: string | null;
  readonly action: "failed" | "delayed" | "delivered" | "relayed" | "expanded";
  /** Enhanced status code. */
  readonly status: string;
  /** The server that gave the diagnostic; null when it was ours. */
  readonly remoteMta: string | null;
  /** An SMTP reply: `550 5.1.1 no such user`. */
  readonly diagnostic: string | null;
  readonly lastAttemptAt: number | null;
  /** Only when it is delayed. */
  readonly retryUntil?: number;
}

export interface Dsn {
  /** Who it comes from and goes to. */
  readonly host: string;
  readonly to: string;
  /** Without angle brackets. */
  readonly messageId: string;
  /** Letters and digits that occur nowhere else. */
  readonly boundary: string;
  readonly at: number;
  readonly recipients: readonly DsnRecipient[];
  /** The message that it is about. */
  readonly original: {
    readonly arrivedAt: number;
    readonly envid: string | null;
    /** Decoded; null if it has none. */
    readonly subject: string | null;
    /** Without angle brackets. */
    readonly messageId: string | null;
    /** Its header block, with or without the empty line. */
    readonly header: Uint8Array;
    /** All of it, which then goes back in place of its header (RFC 3461 §4.3). */
    readonly whole?: Uint8Array;
  };
}

/** More of a header is cut off: nobody reads it, and it would be sent back to somebody who may not have sent it. */
const HEADER_MAX = 65_536;

const SUBJECTS = {
  failed: "Your message could not be delivered",
  delayed: "Your message is delayed",
  delivered: "Your message has been delivered",
  relayed: "Your message has been passed on",
  expanded: "Your message has been delivered",
} as const;

const OPENINGS = {
  failed: "could not be delivered to:",
  delayed: "could not be delivered yet, and we keep trying. You need not send it again. It waits for:",
  delivered: "has been delivered to:",
  relayed: "has been passed on to a server that does not tell whether it was delivered, for:",
  expanded: "has been delivered to this address, and passed on to those whom it stands for:",
} as const;

const encoder = new TextEncoder();
// oxlint-disable-next-line no-control-regex -- US-ASCII is what is meant
const isAscii = (text: string): boolean => /^[\0-\x7F]*$/.test(text);
/** One line of printable text, short enough for any reader. */
const oneLine = (text: string, max = 800): string =>
  text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, max)
    .toWellFormed();

/** Breaks a text at spaces into lines of at most 72 characters. */
function wrap(text: string, indent: string): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > 72) lines.push(`${indent}${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join("\r\n");
}

function textFor(recipient: DsnRecipient): string {
  const lines = [`  ${recipient.address}`];
  if (recipient.action === "failed" || recipient.action === "delayed")
    lines.push(wrap(explainStatus(recipient.status), "    "));
  if (recipient.diagnostic !== null && recipient.remoteMta !== null)
    lines.push(wrap(`The server ${recipient.remoteMta} said: ${oneLine(recipient.diagnostic)}`, "    "));
  else if (recipient.diagnostic !== null) lines.push(wrap(`(${oneLine(recipient.diagnostic)})`, "    "));
  if (recipient.retryUntil !== undefined)
    lines.push(`    We keep trying until ${printMailDate(recipient.retryUntil, 0)}.`);
  return lines.join("\r\n");
}

function humanText(dsn: Dsn, action: DsnRecipient["action"]): string {
  const { subject, arrivedAt } = dsn.original;
  const named =
    subject === null || subject.trim() === "" ? "Your message" : `Your message "${oneLine(subject, 200)}"`;
  return [
    wrap(`${named} of ${printMailDate(arrivedAt, 0)} ${OPENINGS[action]}`, ""),
    "",
    dsn.recipients.map(textFor).join("\r\n\r\n"),
    "",
    `This notice was written by the mail server ${dsn.host}.`,
    ...(action === "failed" ? ["Nobody needs to answer it."] : []),
    "",
  ].join("\r\n");
}

/** `rfc822; a@b.test`, or the type utf-8 with its own way of writing (RFC 6533 §3). */
function typedAddress(address: string): string {
  if (isAscii(address)) return `rfc822; ${oneLine(address)}`;
  return `utf-8; ${oneLine(address)}`;
}

function field(name: string, value: string | null): string[] {
  return value === null ? [] : [`${name}: ${value}`];
}

/** An original recipient, its type in front, as RFC 3464 §2.3.1 wants it. */
function originalRecipient(orcpt: string | null): string | null {
  if (orcpt === null) return null;
  const at = orcpt.indexOf(";");
  const [type, address] = [orcpt.slice(0, at), orcpt.slice(at + 1)];
  return isAscii(address) ? `${type}; ${encodeXtext(address)}` : typedAddress(address);
}

function machineText(dsn: Dsn): string {
  const groups = dsn.recipients.map((one) => [
    ...field("Original-Recipient", originalRecipient(one.orcpt)),
    `Final-Recipient: ${typedAddress(one.address)}`,
    `Action: ${one.action}`,
    `Status: ${one.status}`,
    ...field("Remote-MTA", one.remoteMta === null ? null : `dns; ${oneLine(one.remoteMta)}`),
    ...field("Diagnostic-Code", one.diagnostic === null ? null : `smtp; ${oneLine(one.diagnostic)}`),
    ...field("Last-Attempt-Date", one.lastAttemptAt === null ? null : printMailDate(one.lastAttemptAt, 0)),
    ...field("Will-Retry-Until", one.retryUntil === undefined ? null : printMailDate(one.retryUntil, 0)),
  ]);
  const { envid, arrivedAt } = dsn.original;
  const message = [
    ...field("Original-Envelope-Id", envid === null ? null : oneLine(envid)),
    `Reporting-MTA: dns; ${dsn.host}`,
    `Arrival-Date: ${printMailDate(arrivedAt, 0)}`,
  ];
  return [message, ...groups].map((lines) => `${lines.join("\r\n")}\r\n`).join("\r\n");
}

/** The header without its empty line, cut at a line end when it is too long. */
function returnedHeader(header: Uint8Array): Uint8Array {
  let end = header.length;
  if (end > HEADER_MAX) end = header.lastIndexOf(10, HEADER_MAX) + 1;
  while (end > 0 && (header[end - 1] === 10 || header[end - 1] === 13)) end--;
  return header.subarray(0, end);
}

/** Writes a delivery status notification (RFC 3461 §6, RFC 3464, RFC 6533): a multipart/report of a text for people, one for
 * programs, and the header of the message that it is about, or all of it. It is to be sent with the null path.
 * @throws {RangeError} without recipients (a bug in the caller) */
export function printDsn(dsn: Dsn): Uint8Array<ArrayBuffer> {
  const action = dsn.recipients[0]?.action;
  if (action === undefined) throw new RangeError("a notification needs a recipient");
  const status = machineText(dsn);
  const { whole } = dsn.original;
  const returned = whole ?? returnedHeader(dsn.original.header);
  const global = isAscii(status) ? "" : "global-";
  const isSevenBit = returned.every((octet) => octet < 128);
  const headerIsAscii = dsn.original.header.every((octet) => octet < 128);
  const [plainType, globalType] =
    whole === undefined
      ? ["text/rfc822-headers", "message/global-headers"]
      : ["message/rfc822", "message/global"];
  const start = [
    `From: Mail server <mailer-daemon@${dsn.host}>`,
    `To: <${dsn.to}>`,
    `Subject: ${SUBJECTS[action]}`,
    `Date: ${printMailDate(dsn.at, 0)}`,
    `Message-ID: <${dsn.messageId}>`,
    ...(dsn.original.messageId === null
      ? []
      : [`In-Reply-To: <${dsn.original.messageId}>`, `References: <${dsn.original.messageId}>`]),
    "Auto-Submitted: auto-replied",
    "MIME-Version: 1.0",
    `Content-Type: multipart/report; report-type=${global}delivery-status;`,
    `\tboundary="${dsn.boundary}"`,
    "",
    `--${dsn.boundary}`,
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    humanText(dsn, action),
    `--${dsn.boundary}`,
    `Content-Type: message/${global}delivery-status`,
    ...(global === "" ? [] : ["Content-Transfer-Encoding: 8bit"]),
    "",
    status,
    `--${dsn.boundary}`,
    `Content-Type: ${headerIsAscii ? plainType : globalType}`,
    ...(isSevenBit ? [] : ["Content-Transfer-Encoding: 8bit"]),
    "",
    "",
  ].join("\r\n");
  const [head, tail] = [
    encoder.encode(start),
    encoder.encode(`\r\n${whole === undefined ? "\r\n" : ""}--${dsn.boundary}--\r\n`),
  ];
  const notice = new Uint8Array(head.length + returned.length + tail.length);
  notice.set(head);
  notice.set(returned, head.length);
  notice.set(tail, head.length + returned.length);
  return notice;
}
