/**
 * Message ids of a Message-ID, In-Reply-To or References value (RFC 5322 §3.6.4), without angle brackets, blanks
 * and comments, each once. A value without any bracket is taken word by word if the words look like ids.
 */
export function parseMessageIds(value: string, max = 1000): string[] {
  const ids = new Set<string>();
  for (const match of value.matchAll(/<([^<>]*)>/g)) {
    const id = (match[1] ?? "").replace(/\s+/g, "");
    if (id !== "") ids.add(id);
    if (ids.size >= max) break;
  }
  if (ids.size === 0 && !value.includes("<")) {
    for (const word of value.split(/[\s,]+/))
      if (/^[^\s@]+@[^\s@]+$/.test(word) && ids.size < max) ids.add(word);
  }
  return [...ids];
}
