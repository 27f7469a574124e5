/** RFC 5322 §2.1.1: lines should stay within 78 characters; some mailers count the line end. */
const LINE_MAX = 76;

/** Joins tokens with single spaces and folds between them (RFC 5322 §2.2.3). A token longer than a line stays whole.
 * @param name of the field, without its colon
 * @returns `Name: tokens…` with a CRLF at its end */
export function foldTokens(name: string, tokens: readonly string[]): string {
  let folded = `${name}:`;
  let length = folded.length;
  let isFirst = true;
  for (const token of tokens) {
    // The first token stays on the first line: a line of nothing but white space is not allowed (§2.2.3).
    if (!isFirst && length + 1 + token.length > LINE_MAX) {
      folded += "\r\n";
      length = 0;
    }
    folded += ` ${token}`;
    length += 1 + token.length;
    isFirst = false;
  }
  return `${folded}\r\n`;
}
