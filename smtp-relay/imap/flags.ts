import { FLAG, type Flags, type Rights, may } from "../../src/mailstore/index.ts";

/** IMAP names of the stored bits (RFC 9051 §2.3.2). */
const BITS: readonly (readonly [flag: string, bit: number])[] = [
  ["\\Answered", FLAG.answered],
  ["\\Flagged", FLAG.flagged],
  ["\\Deleted", FLAG.deleted],
  ["\\Seen", FLAG.seen],
  ["\\Draft", FLAG.draft],
];
const BIT_OF = new Map(BITS);

/**
 * Keywords in wide use, as their registration or their program spells them. They are stored in lower case, and some
 * clients compare letter by letter.
 */
const SPELLINGS = [
  "$Forwarded",
  "$MDNSent",
  "$Junk",
  "$NotJunk",
  "$Phishing",
  "Junk",
  "NonJunk",
  "NotJunk",
  "Forwarded",
];
const SPELLING_OF = new Map(SPELLINGS.map((keyword) => [keyword.toLowerCase(), keyword]));

/** What FLAGS tells when a mailbox is selected: the system flags, and keywords that clients know. */
export const KNOWN_FLAGS: readonly string[] = [
  ...BITS.map(([flag]) => flag),
  "$Forwarded",
  "$MDNSent",
  "$Junk",
  "$NotJunk",
];

/** The flags that somebody with these rights can change for good (RFC 4314 §5.1.1). */
export function permanentFlags(rights: Rights): string[] {
  const { bits, keywords } = changeableFlags(rights);
  const known = KNOWN_FLAGS.filter((flag) =>
    flag.startsWith("\\") ? bits & (BIT_OF.get(flag) ?? 0) : keywords,
  );
  return keywords ? [...known, "\\*"] : known;
}

/** Which flags a change may touch: "s" is for \Seen, "t" for \Deleted, "w" for all others (RFC 4314 §4). */
export interface ChangeableFlags {
  readonly bits: number;
  readonly keywords: boolean;
}

export function changeableFlags(rights: Rights): ChangeableFlags {
  const seen = may(rights, "s") ? FLAG.seen : 0;
  const deleted = may(rights, "t") ? FLAG.deleted : 0;
  const keywords = may(rights, "w");
  return { bits: seen | deleted | (keywords ? FLAG.answered | FLAG.flagged | FLAG.draft : 0), keywords };
}

/** Those of the flags that may be changed. */
export function permitted(flags: Flags, { bits, keywords }: ChangeableFlags): Flags {
  return { bits: flags.bits & bits, keywords: keywords ? flags.keywords : [] };
}

/** Most keywords of one message, and their longest; limits of ours. */
const MAX_KEYWORDS = 64;
const MAX_KEYWORD_LENGTH = 100;

/** @returns undefined when there are too many keywords, or a too long one. Unknown system flags are dropped. */
export function toFlags(names: readonly string[]): Flags | undefined {
  let bits = 0;
  const keywords = new Set<string>();
  for (const name of names) {
    if (name.startsWith("\\")) bits |= BIT_OF.get(name) ?? 0;
    else keywords.add(name.toLowerCase());
  }
  const tooLong = [...keywords].some((keyword) => keyword.length > MAX_KEYWORD_LENGTH);
  if (tooLong || keywords.size > MAX_KEYWORDS) return undefined;
  return { bits, keywords: [...keywords].toSorted() };
}

/** One flag of a search. @returns undefined for a system flag that no message can have */
export function bitOrKeyword(
  name: string,
): { readonly bit: number } | { readonly keyword: string } | undefined {
  if (!name.startsWith("\\")) return { keyword: name.toLowerCase() };
  const bit = BIT_OF.get(name);
  return bit === undefined ? undefined : { bit };
}

/** Flags as FETCH tells them. */
export function printableFlags({ bits, keywords }: Flags, isRecent: boolean): string[] {
  const system = BITS.filter(([, bit]) => (bits & bit) !== 0).map(([flag]) => flag);
  if (isRecent) system.push("\\Recent");
  return [...system, ...keywords.map((keyword) => SPELLING_OF.get(keyword) ?? keyword)];
}
