import { type Partial, type Section, binarySection, partial, section } from "./section.ts";
import type { Scanner } from "./scanner.ts";

/** Data items without arguments. BODY is BODYSTRUCTURE without its extension data. */
const PLAIN = [
  "BODY",
  "BODYSTRUCTURE",
  "EMAILID",
  "ENVELOPE",
  "FLAGS",
  "INTERNALDATE",
  "MODSEQ",
  "RFC822",
  "RFC822.HEADER",
  "RFC822.SIZE",
  "RFC822.TEXT",
  "SAVEDATE",
  "THREADID",
  "UID",
] as const;

type PlainFetchItem = (typeof PLAIN)[number];

/** What FETCH is to tell (RFC 9051 §6.4.5, RFC 8474 §5, RFC 8514, RFC 8970). */
export type FetchItem =
  | { readonly item: PlainFetchItem }
  | { readonly item: "PREVIEW"; readonly lazy: boolean }
  | {
      readonly item: "BODY[]";
      readonly section: Section;
      readonly peek: boolean;
      readonly partial: Partial | undefined;
    }
  | {
      readonly item: "BINARY[]";
      readonly part: readonly number[];
      readonly peek: boolean;
      readonly partial: Partial | undefined;
    }
  | { readonly item: "BINARY.SIZE[]"; readonly part: readonly number[] };

const PLAIN_ITEMS = new Map<string, FetchItem>(PLAIN.map((item) => [item, { item }]));

const FAST: readonly PlainFetchItem[] = ["FLAGS", "INTERNALDATE", "RFC822.SIZE"];
const MACROS = new Map<string, readonly PlainFetchItem[]>([
  ["ALL", [...FAST, "ENVELOPE"]],
  ["FAST", FAST],
  ["FULL", [...FAST, "ENVELOPE", "BODY"]],
]);

/** Most items in one FETCH; a limit of ours. */
const MAX_ITEMS = 1_000;

/** Reads what stands behind the sequence set: a macro, one item, or a list of items. */
export function fetchItems(s: Scanner): readonly FetchItem[] {
  if (s.peek() !== "(") {
    for (const [macro, items] of MACROS) if (s.skipWord(macro)) return items.map((item) => ({ item }));
    return [fetchItem(s)];
  }
  const start = s.at;
  const items = s.list(() => fetchItem(s));
  if (items.length === 0) s.fail("a data item", start + 1);
  return items.length > MAX_ITEMS ? s.fail(`at most ${MAX_ITEMS} data items`, start) : items;
}

/** Reads one data item. */
export function fetchItem(s: Scanner): FetchItem {
  const start = s.at;
  const name = s.word("a data item");
  if (s.peek() === "[") {
    const peek = name.endsWith(".PEEK");
    const base = peek ? name.slice(0, -5) : name;
    if (base === "BODY") return { item: "BODY[]", section: section(s), peek, partial: partial(s) };
    if (base === "BINARY") return { item: "BINARY[]", part: binarySection(s), peek, partial: partial(s) };
    if (name === "BINARY.SIZE") return { item: "BINARY.SIZE[]", part: binarySection(s) };
    return s.fail("a data item with a section", start);
  }
  if (name === "PREVIEW") return { item: "PREVIEW", lazy: previewIsLazy(s) };
  return PLAIN_ITEMS.get(name) ?? s.fail("a data item", start);
}

/** RFC 8970 §3.1: `PREVIEW`, `PREVIEW (LAZY)`. */
function previewIsLazy(s: Scanner): boolean {
  if (!s.skipText(" (")) return false;
  const lazy = s.skipWord("LAZY");
  if (!lazy) s.fail("LAZY");
  s.expect(")");
  return true;
}
