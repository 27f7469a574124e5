import type { TFunction } from "i18next";
import type { EmailAddress, EmailContent } from "../../app/jmap/objects.ts";
import { formatLong } from "../../ui/format.ts";
import { attachmentsOf, bodyOf, quotableText } from "../mail/body-of.ts";
import { displayName, formatAddress, sameAddress } from "./addresses.ts";
import { type Draft, emptyDraft } from "./draft.ts";

export type AnswerKind = "reply" | "replyAll" | "forward";

/** What an answer starts from. */
export function answer(
  kind: AnswerKind,
  to: EmailContent,
  ownAddress: string,
  t: TFunction,
  language: string,
): Draft {
  return kind === "forward" ? forward(to, t, language) : reply(kind, to, ownAddress, t, language);
}

function reply(
  kind: "reply" | "replyAll",
  to: EmailContent,
  own: string,
  t: TFunction,
  language: string,
): Draft {
  const { direct, copies } = recipients(kind, to, own);
  const sender = to.from?.[0];
  const intro = t("compose.quoteIntro", {
    date: formatLong(to.sentAt ?? to.receivedAt, language),
    name: sender === undefined ? "" : displayName(sender),
  });
  const quote = quotableText(to)
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => (line.startsWith(">") ? `>${line}` : `> ${line}`));
  return emptyDraft({
    to: direct.map(formatAddress),
    cc: copies.map(formatAddress),
    subject: withPrefix(to.subject ?? "", /^(re|απ|σχετ|aw|sv|antw|rv)\s*:/i, "Re: "),
    text: `\n\n${intro}\n${quote.join("\n")}\n`,
    ...threading(to),
    origin: { emailId: to.id, keyword: "$answered" },
  });
}

/** RFC 5322 §3.6.3: Reply-To before From; an answer to one's own message goes to its recipients again. */
function recipients(
  kind: "reply" | "replyAll",
  to: EmailContent,
  own: string,
): { direct: EmailAddress[]; copies: EmailAddress[] } {
  const isOwn = to.from?.some(({ email }) => sameAddress(email, own)) === true;
  const author = isOwn
    ? (to.to ?? [])
    : to.replyTo !== null && to.replyTo.length > 0
      ? to.replyTo
      : (to.from ?? []);
  const seen = new Set<string>();
  const once = ({ email }: EmailAddress): boolean =>
    !seen.has(email.toLowerCase()) && Boolean(seen.add(email.toLowerCase()));
  const direct = author.filter(once);
  if (kind === "reply") return { direct, copies: [] };
  seen.add(own.toLowerCase());
  const others = isOwn ? (to.cc ?? []) : [...(to.to ?? []), ...(to.cc ?? [])];
  return { direct, copies: others.filter(once) };
}

function forward(to: EmailContent, t: TFunction, language: string): Draft {
  const head = [
    `---------- ${t("compose.forwardIntro")} ----------`,
    ...headLine(t("message.from"), to.from),
    `${t("message.date")}: ${formatLong(to.sentAt ?? to.receivedAt, language)}`,
    `${t("message.subject")}: ${to.subject ?? ""}`,
    ...headLine(t("message.to"), to.to),
    ...headLine(t("message.cc"), to.cc),
  ];
  const attachments = attachmentsOf(to, bodyOf(to)).flatMap(({ blobId, name, type, size }) => {
    return blobId === null ? [] : [{ blobId, name: name ?? t("message.unnamed"), type, size }];
  });
  return emptyDraft({
    subject: withPrefix(to.subject ?? "", /^(fwd?|πρθ|προωθ|wg|tr|rv)\s*:/i, "Fwd: "),
    text: `\n\n${head.join("\n")}\n\n${quotableText(to)}\n`,
    attachments,
    references: threading(to).references,
    origin: { emailId: to.id, keyword: "$forwarded" },
  });
}

/** RFC 5322 §3.6.4 */
function threading({
  messageId,
  inReplyTo,
  references,
}: EmailContent): Pick<Draft, "inReplyTo" | "references"> {
  const before = references ?? (inReplyTo?.length === 1 ? inReplyTo : []);
  return { inReplyTo: messageId, references: messageId === null ? null : [...before, ...messageId] };
}

function withPrefix(subject: string, known: RegExp, prefix: string): string {
  return known.test(subject.trim()) ? subject : `${prefix}${subject}`;
}

/** A draft from the Drafts folder, to be written on. */
export function resume(saved: EmailContent): Draft {
  return emptyDraft({
    emailId: saved.id,
    to: asTyped(saved.to),
    cc: asTyped(saved.cc),
    bcc: asTyped(saved.bcc),
    subject: saved.subject ?? "",
    text: quotableText(saved).replaceAll("\r\n", "\n"),
    attachments: saved.attachments.flatMap(({ blobId, name, type, size }) =>
      blobId === null ? [] : [{ blobId, name: name ?? "attachment", type, size }],
    ),
    inReplyTo: saved.inReplyTo,
    references: saved.references,
  });
}

function headLine(label: string, people: readonly EmailAddress[] | null): readonly string[] {
  if (people === null || people.length === 0) return [];
  return [`${label}: ${people.map((one) => formatAddress(one)).join(", ")}`];
}

function asTyped(people: readonly EmailAddress[] | null): string[] {
  return (people ?? []).map((one) => formatAddress(one));
}
