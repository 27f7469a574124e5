import { isAscii, isUtf8 } from "node:buffer";

/** A message of the corpus: its octets exactly as they go into SMTP's DATA before dots are doubled. */
export interface CorpusMessage {
  readonly name: string;
  readonly octets: Buffer;
  /** What MAIL must say: 8BITMIME for an octet over 127, SMTPUTF8 for UTF-8 in the header. */
  readonly mailParameters: string;
}

/** A message from text with bare line feeds, which become CRLF. Non-ASCII text is written as UTF-8. */
export function text(name: string, content: string): CorpusMessage {
  return octets(name, Buffer.from(withCrlf(content)));
}

/** As `text`, for content where each character stands for one octet (U+0000 to U+00FF). */
export function latin1(name: string, content: string): CorpusMessage {
  return octets(name, Buffer.from(withCrlf(content), "latin1"));
}

/** A message from its octets as they are. */
export function octets(name: string, content: Buffer): CorpusMessage {
  const end = content.indexOf("\r\n\r\n");
  const fields = end === -1 ? content : content.subarray(0, end);
  const isEai = !isAscii(fields) && isUtf8(fields);
  const parameters = [isAscii(content) ? "" : " BODY=8BITMIME", isEai ? " SMTPUTF8" : ""];
  return { name, octets: content, mailParameters: parameters.join("") };
}

/** Bare line feeds become CRLF; what is CRLF already stays. */
export function withCrlf(content: string): string {
  return content.replaceAll(/\r?\n/g, "\r\n");
}

/** Header fields that most messages have, and a blank line. */
export function header(subject: string, ...more: readonly string[]): string {
  return [
    "From: Grace Hopper <grace@navy.test>",
    "To: alice@acme.test",
    `Subject: ${subject}`,
    "Date: Tue, 3 Mar 2026 09:15:00 +0200",
    ...more,
    "",
    "",
  ].join("\n");
}
