import { newUuid } from "../kernel/uuid.ts";
import { printHeaderField, printMailDate } from "../protocol/compose/index.ts";
import { printReturnPath } from "../protocol/smtp/index.ts";
import type { Outbound } from "./outbound.ts";

/** A message from this server to one of its people. */
export interface Letter {
  readonly subject: string;
  /** paragraphs */
  readonly text: readonly string[];
}

const encoder = new TextEncoder();

/** Breaks a paragraph at spaces into lines of at most 76 characters. */
function wrap(paragraph: string): string {
  const lines: string[] = [];
  for (const word of paragraph.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > 76) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join("\r\n");
}

/** Writes a letter as it goes into a mailbox: with the null path, and marked so that no automatic answer comes back (RFC 3834 §5). */
export function printLetter(outbound: Outbound, to: string, letter: Letter): Uint8Array<ArrayBuffer> {
  const { clock, random } = outbound.store;
  const { hostname } = outbound;
  const header = [
    `From: Mail server <mailer-daemon@${hostname}>\r\n`,
    `To: <${to}>\r\n`,
    printHeaderField("Subject", { form: "Text", value: letter.subject }) ?? "",
    `Date: ${printMailDate(clock(), 0)}\r\n`,
    `Message-ID: <${newUuid(clock, random)}@${hostname}>\r\n`,
    "Auto-Submitted: auto-generated\r\n",
    "MIME-Version: 1.0\r\n",
    "Content-Type: text/plain; charset=utf-8\r\n",
    "Content-Transfer-Encoding: 8bit\r\n",
  ];
  return encoder.encode(
    `${printReturnPath("")}${header.join("")}\r\n${letter.text.map(wrap).join("\r\n\r\n")}\r\n`,
  );
}
