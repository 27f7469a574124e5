import type { Parsed } from "../../kernel/parsed.ts";

/** One reply of a server (RFC 5321 §4.2). */
export interface Reply {
  readonly code: number;
  /** Enhanced status code (RFC 3463), as `5.1.1`; null if it has none. */
  readonly enhanced: string | null;
  /** At least one line, without codes. */
  readonly lines: readonly string[];
}

export function reply(code: number, enhanced: string | null, ...lines: readonly string[]): Reply {
  return { code, enhanced, lines: lines.length === 0 ? [""] : lines };
}

/** Anything but printable characters would split the reply, or forge a second one. */
const printable = (text: string): string =>
  text.replace(/[^\x20-\x7E\u{A0}-\u{10FFFF}]/gu, "?").slice(0, 480);

/** Writes a reply with its line ends; the enhanced code comes on each line (RFC 2034 §4). */
export function printReply({ code, enhanced, lines }: Reply): string {
  const status = enhanced === null ? "" : `${enhanced} `;
  return lines
    .map(
      (line, i) => `${code}${i < lines.length - 1 ? "-" : " "}${status}${printable(line)}`.trimEnd() + "\r\n",
    )
    .join("");
}

const LINE = /^([2-5]\d\d)(?:([ -])(.*))?$/;

/** Parses the lines of one whole reply, without their line ends. */
export function parseReply(lines: readonly string[]): Parsed<Reply> {
  const read = lines.map((line) => LINE.exec(line));
  const code = read[0]?.[1];
  const wrong = read.findIndex((match) => match === null || match[1] !== code);
  if (code === undefined || wrong >= 0) return { ok: false, at: 0, expected: "three digits and a text" };
  const texts = read.map((match) => match?.[3] ?? "");
  const enhanced = /^([245]\.\d{1,3}\.\d{1,3})(?: |$)/.exec(texts[0] ?? "")?.[1] ?? null;
  const prefix = enhanced === null ? "" : enhanced;
  const rest = texts.map((text) =>
    prefix !== "" && text.startsWith(prefix) ? text.slice(prefix.length).trimStart() : text,
  );
  return { ok: true, value: { code: Number(code), enhanced, lines: rest } };
}

/** True if this line of a reply is not its last one. */
export const isContinued = (line: string): boolean => /^\d{3}-/.test(line);
