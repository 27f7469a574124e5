/** What a person says of a message. */
export type LearnKind = "spam" | "ham";

/** Keywords that say so themselves (IANA's registry of IMAP and JMAP keywords; mail programs set them). */
const SAYING: ReadonlySet<string> = new Set(["$junk", "$notjunk"]);

/** Whether one of these keywords, in lower case, says that a message is spam or not. */
export function saysKind(keywords: readonly string[]): boolean {
  return keywords.some((word) => SAYING.has(word));
}
