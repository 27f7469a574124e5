import type { Scanner } from "./scanner.ts";

/** The system flags a client may change (RFC 9051 §2.3.2). */
const SYSTEM_FLAGS = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"] as const;

const CANONICAL = new Map([...SYSTEM_FLAGS, "\\Recent"].map((name) => [name.toLowerCase(), name]));

/** Reads a flag: a keyword as it was written, or a system flag in its usual spelling. */
export function flag(s: Scanner): string {
  if (!s.skip("\\")) return s.atom();
  const name = `\\${s.atom()}`;
  return CANONICAL.get(name.toLowerCase()) ?? name;
}

/**
 * Reads `flag-list`, each flag once. `\Recent` is left out: only the server sets it, but clients that copy a message
 * from one server to another send it back (RFC 3501 §2.3.2).
 */
export function flagList(s: Scanner): string[] {
  return withoutRecent(s.list(() => flag(s)));
}

/** Reads what STORE takes: a list in parentheses, or flags side by side. */
export function storeFlags(s: Scanner): string[] {
  if (s.peek() === "(") return flagList(s);
  const flags = [flag(s)];
  while (s.skip(" ")) flags.push(flag(s));
  return withoutRecent(flags);
}

function withoutRecent(flags: readonly string[]): string[] {
  return [...new Set(flags)].filter((name) => name !== "\\Recent");
}
