import type { HoldReason } from "../contract/quarantine.ts";
import {
  type ByteSource,
  composeMessage,
  type ComposePart,
  printHeaderField,
} from "../protocol/compose/index.ts";
import { type DigestWords, digestWords } from "./digest-words.ts";

/** One held message as a digest tells of it. */
export interface DigestLine {
  readonly address: string;
  readonly sender: string;
  readonly subject: string;
  readonly reasons: readonly HoldReason[];
  /** milliseconds since the epoch */
  readonly receivedAt: number;
  readonly expiresAt: number;
  /** null: only an administrator may */
  readonly releaseUrl: string | null;
  readonly deleteUrl: string;
}

export interface Digest {
  /** whom it is for */
  readonly name: string;
  readonly address: string;
  /** a language tag */
  readonly locale: string;
  /** `postmaster@…` */
  readonly from: string;
  /** without angle brackets */
  readonly messageId: string;
  readonly at: number;
  readonly lines: readonly DigestLine[];
  /** waiting messages that are not among the lines */
  readonly more: number;
  readonly allUrl: string;
}

/** One line of printable text, with nothing in it that turns the direction of what follows. */
const oneLine = (text: string, max: number): string =>
  text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .trim()
    .slice(0, max)
    .toWellFormed();

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** What a line says, in words. */
interface Told {
  readonly sender: string;
  readonly subject: string;
  readonly to: string | null;
  readonly reason: string;
  readonly until: string;
}

function tell(line: DigestLine, digest: Digest, words: DigestWords): Told {
  const date = new Intl.DateTimeFormat(words.region, { dateStyle: "long", timeZone: "UTC" });
  return {
    sender: oneLine(line.sender, 200) || words.noSender,
    subject: oneLine(line.subject, 200) || words.noSubject,
    to: line.address.toLowerCase() === digest.address.toLowerCase() ? null : oneLine(line.address, 200),
    reason: [...new Set(line.reasons.map((one) => words.reasons[one.code]))].join(" "),
    until: date.format(line.expiresAt),
  };
}

function textOf(digest: Digest, words: DigestWords, count: number): string {
  const blocks = digest.lines.map((line) => {
    const told = tell(line, digest, words);
    return [
      told.subject,
      `  ${told.sender}`,
      ...(told.to === null ? [] : [`  ${words.to}: ${told.to}`]),
      `  ${words.reason}: ${told.reason}`,
      `  ${words.expires}: ${told.until}`,
      line.releaseUrl === null ? `  ${words.onlyAdministrator}` : `  ${words.release}: ${line.releaseUrl}`,
      `  ${words.remove}: ${line.deleteUrl}`,
    ].join("\n");
  });
  const more = digest.more > 0 ? [words.more(digest.more)] : [];
  return [words.intro(count), ...blocks, ...more, `${words.seeAll}: ${digest.allUrl}`, words.foot, ""].join(
    "\n\n",
  );
}

const BUTTON =
  "display:inline-block;padding:8px 16px;border-radius:6px;background:#0f5b6c;color:#ffffff;text-decoration:none;font-weight:600";

const small = (text: string): string =>
  `<div style="font-size:14px;line-height:1.5;color:#4a5568">${text}</div>`;

function htmlLine(line: DigestLine, digest: Digest, words: DigestWords): string {
  const told = tell(line, digest, words);
  const release =
    line.releaseUrl === null
      ? small(escaped(words.onlyAdministrator))
      : `<a href="${escaped(line.releaseUrl)}" style="${BUTTON}">${words.release}</a>`;
  return `<tr><td style="padding:16px 0;border-top:1px solid #d9dee7">
<div style="font-size:16px;font-weight:600;line-height:1.4">${escaped(told.subject)}</div>
${small(escaped(told.sender))}
${told.to === null ? "" : small(`${words.to}: ${escaped(told.to)}`)}
${small(`${words.reason}: ${escaped(told.reason)}`)}
${small(`${words.expires}: ${escaped(told.until)}`)}
<div style="padding-top:10px">${release}
<a href="${escaped(line.deleteUrl)}" style="display:inline-block;padding:8px 16px;color:#0f5b6c">${words.remove}</a></div>
</td></tr>`;
}

function htmlOf(digest: Digest, words: DigestWords, count: number): string {
  const more = digest.more > 0 ? `<p>${escaped(words.more(digest.more))}</p>` : "";
  return `<!DOCTYPE html>
<html lang="${words.language}"><head><meta charset="utf-8"><title>${escaped(words.subject(count))}</title></head>
<body style="margin:0;padding:24px;background:#ffffff;color:#1a202c;font-family:system-ui,-apple-system,'Segoe UI',sans-serif">
<div style="max-width:600px;margin:0 auto">
<h1 style="font-size:20px;line-height:1.3;margin:0 0 8px">${escaped(words.subject(count))}</h1>
<p style="margin:0 0 16px;line-height:1.5">${escaped(words.intro(count))}</p>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0">
${digest.lines.map((line) => htmlLine(line, digest, words)).join("\n")}
</table>
${more}<p><a href="${escaped(digest.allUrl)}" style="color:#0f5b6c">${escaped(words.seeAll)}</a></p>
<p style="font-size:13px;line-height:1.5;color:#4a5568">${escaped(words.foot)}</p>
</div></body></html>
`;
}

const text = (type: string, content: string): ComposePart => ({
  type,
  typeParams: [],
  header: "",
  content: { kind: "text", text: content },
});

/** Writes a digest in its reader's language: the same as text and as HTML. No program answers it (RFC 3834 §5).
 * @param newBoundary gives another boundary each time */
export function printDigest(digest: Digest, newBoundary: () => string): ByteSource {
  const words = digestWords(digest.locale);
  const count = digest.lines.length + digest.more;
  const header = [
    printHeaderField("From", { form: "Addresses", value: [{ name: words.from, email: digest.from }] }),
    printHeaderField("To", {
      form: "Addresses",
      value: [{ name: digest.name || null, email: digest.address }],
    }),
    printHeaderField("Subject", { form: "Text", value: words.subject(count) }),
    printHeaderField("Date", { form: "Date", value: { ms: digest.at, zoneMinutes: 0 } }),
    printHeaderField("Message-ID", { form: "MessageIds", value: [digest.messageId] }),
    "Auto-Submitted: auto-generated\r\n",
  ];
  const root: ComposePart = {
    type: "multipart/alternative",
    typeParams: [],
    header: "",
    content: {
      kind: "multipart",
      parts: [
        text("text/plain", textOf(digest, words, count)),
        text("text/html", htmlOf(digest, words, count)),
      ],
    },
  };
  return composeMessage(header.map((field) => field ?? "").join(""), root, newBoundary);
}
