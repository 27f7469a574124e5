/** The system flags as bits of `placements.flags`. `\Recent` belongs to a session and is not stored. */
export const FLAG = { seen: 1, answered: 2, flagged: 4, deleted: 8, draft: 16 } as const;

/** System flags as bits, all other keywords in lower-case text. */
export interface Flags {
  readonly bits: number;
  readonly keywords: readonly string[];
}

const JMAP_NAMES: ReadonlyMap<string, number> = new Map([
  ["$seen", FLAG.seen],
  ["$answered", FLAG.answered],
  ["$flagged", FLAG.flagged],
  ["$draft", FLAG.draft],
]);

/** JMAP keywords of a stored message (RFC 8621 §4.1.1); `\Deleted` has none. */
export function toKeywords({ bits, keywords }: Flags): string[] {
  const names = [...JMAP_NAMES].filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name);
  return [...names, ...keywords];
}

/** JMAP keywords as they are stored: in lower case, without doubles, sorted. */
export function fromKeywords(names: Iterable<string>): Flags {
  let bits = 0;
  const keywords = new Set<string>();
  for (const name of names) {
    const bit = JMAP_NAMES.get(name.toLowerCase());
    if (bit === undefined) keywords.add(name.toLowerCase());
    else bits |= bit;
  }
  return { bits, keywords: [...keywords].toSorted() };
}
