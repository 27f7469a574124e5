import { z } from "zod";
import { readEmails, readMessages } from "../../../mailstore/index.ts";
import { checkGetSize } from "../arguments.ts";
import { MAIL } from "../capability.ts";
import { parseEmailFilter } from "../email-query-arguments.ts";
import { emailIdOf, knownIds } from "../ids.ts";
import { accountMethod, actualId } from "../method.ts";

const Arguments = z.strictObject({
  accountId: z.string(),
  filter: z.record(z.string(), z.unknown()).nullish(),
  emailIds: z.array(z.string()),
});

/** The words that a filter looks for in one of the fields. */
function wordsOf(filter: unknown, fields: readonly string[]): string[] {
  if (typeof filter !== "object" || filter === null) return [];
  if ("conditions" in filter && Array.isArray(filter.conditions))
    return "operator" in filter && filter.operator === "NOT"
      ? []
      : filter.conditions.flatMap((one: unknown) => wordsOf(one, fields));
  return Object.entries(filter)
    .flatMap(([name, value]) => (fields.includes(name) && typeof value === "string" ? [value] : []))
    .flatMap((text) => [...text.matchAll(/"([^"]+)"|'([^']+)'|(\S+)/g)])
    .map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** The text as HTML with the words in <mark>, or null when none is in it (RFC 8621 §5). */
function marked(text: string, words: readonly string[]): string | null {
  const patterns = words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  if (patterns.length === 0) return null;
  let html = "";
  let at = 0;
  for (const match of text.matchAll(new RegExp(patterns.join("|"), "giu"))) {
    if (match[0] === "") continue;
    html += `${escapeHtml(text.slice(at, match.index))}<mark>${escapeHtml(match[0])}</mark>`;
    at = match.index + match[0].length;
  }
  return at === 0 ? null : html + escapeHtml(text.slice(at));
}

/** RFC 8621 §5.1: of the subject and of the beginning of the text. */
export const searchSnippetGet = accountMethod("SearchSnippet/get", MAIL, Arguments, async (context, args) => {
  checkGetSize(args.emailIds);
  parseEmailFilter(context, args.filter);
  const inSubject = wordsOf(args.filter, ["text", "subject"]);
  const inText = wordsOf(args.filter, ["text", "body"]);
  const { byId, notFound } = knownIds(
    args.emailIds.map((id) => actualId(context, id) ?? id),
    emailIdOf,
  );
  const { tenantId, accountId } = context.principal;
  const { emails, messages } = await context.deps.store.db.tenant(tenantId, async (tx) => {
    const some = await readEmails(tx, accountId, [...byId.values()]);
    return {
      emails: new Map(some.map((email) => [email.id, email])),
      messages: await readMessages(tx, [...new Set(some.map((email) => email.messageId))]),
    };
  });
  const list: object[] = [];
  const missing = [...notFound];
  for (const [id, emailId] of byId) {
    const email = emails.get(emailId);
    const message = email === undefined ? undefined : messages.get(email.messageId);
    if (message === undefined) missing.push(id);
    else
      list.push({
        emailId: id,
        subject: marked(message.subject, inSubject),
        preview: marked(message.preview, inText),
      });
  }
  return { accountId: args.accountId, list, notFound: missing.length > 0 ? missing : null };
});
