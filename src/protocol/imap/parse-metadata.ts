import type { CommandArgs } from "./command.ts";
import { type NameEncoding, mailboxName } from "./mailbox-name.ts";
import type { MetadataDepth, MetadataOptions } from "./metadata-options.ts";
import type { Scanner } from "./scanner.ts";

/** Most entries of one command, and the longest name of one; limits of ours. */
const MAX_ENTRIES = 100;
const MAX_ENTRY = 255;

/** `/private` and `/shared` alone stand for all that is below them. */
const ROOT = /^\/(?:private|shared)$/;
const ENTRY = /^\/(?:private|shared)(?:\/[^/*%\p{Cc}]+)+$/u;

/** Reads an entry name (RFC 5464 §3.2); letter case means nothing, so it comes out in lower case. */
function entryName(s: Scanner, mayBeRoot: boolean): string {
  const start = s.at;
  const bytes = s.astring();
  const name = String.fromCharCode(...bytes.subarray(0, MAX_ENTRY + 1)).toLowerCase();
  if (name.length > MAX_ENTRY) s.fail(`an entry name of at most ${MAX_ENTRY} octets`, start);
  const isEntry = ENTRY.test(name) && bytes.every((octet) => octet < 0x80);
  if (!isEntry && !(mayBeRoot && ROOT.test(name))) s.fail("an entry below /private or /shared", start);
  return name;
}

/** Reads items up to the closing bracket; the opening one has been read. */
function restOfList<T>(s: Scanner, expected: string, item: () => T): readonly T[] {
  if (s.peek() === ")") s.fail(expected);
  const items: T[] = [];
  do items.push(item());
  while (s.skip(" "));
  s.expect(")");
  return items;
}

function restOfEntries(s: Scanner): readonly string[] {
  const start = s.at;
  const names = restOfList(s, "an entry", () => entryName(s, true));
  return names.length > MAX_ENTRIES ? s.fail(`at most ${MAX_ENTRIES} entries`, start) : [...new Set(names)];
}

/** Reads one entry, or several in brackets. */
function entryNames(s: Scanner): readonly string[] {
  return s.skip("(") ? restOfEntries(s) : [entryName(s, true)];
}

const DEPTHS = new Map<string, MetadataDepth>([
  ["0", 0],
  ["1", 1],
  ["INFINITY", "infinity"],
]);

const NO_OPTIONS: MetadataOptions = { depth: 0, maxSize: undefined };

/** Reads `(MAXSIZE 1024 DEPTH 1)`, behind its opening bracket. */
function restOfOptions(s: Scanner): MetadataOptions {
  let options = NO_OPTIONS;
  restOfList(s, "DEPTH or MAXSIZE", () => {
    if (s.skipWord("MAXSIZE")) {
      s.space();
      options = { ...options, maxSize: s.number() };
      return;
    }
    if (!s.skipWord("DEPTH")) s.fail("DEPTH or MAXSIZE");
    s.space();
    const at = s.at;
    options = { ...options, depth: DEPTHS.get(s.word("0, 1 or infinity")) ?? s.fail("0, 1 or infinity", at) };
  });
  return options;
}

/** Reads what LIST is to tell of annotations, behind METADATA: entries in brackets, options before them (RFC 9590 §3). */
export function listMetadata(s: Scanner): MetadataOptions & { readonly entries: readonly string[] } {
  s.expect("(");
  if (!/[A-Za-z]/.test(s.peek())) return { ...NO_OPTIONS, entries: restOfEntries(s) };
  const options = restOfOptions(s);
  s.space();
  return { ...options, entries: entryNames(s) };
}

/** Reads the arguments of GETMETADATA. Its options stand before the mailbox in the grammar of RFC 5464, and behind it in the examples. */
export function getMetadata(s: Scanner, encoding: NameEncoding): CommandArgs["GETMETADATA"] {
  s.space();
  const before = s.skip("(") ? restOfOptions(s) : undefined;
  if (before !== undefined) s.space();
  const mailbox = mailboxName(s, encoding);
  s.space();
  if (!s.skip("(")) return { mailbox, ...(before ?? NO_OPTIONS), entries: [entryName(s, true)] };
  const isOptions = before === undefined && /[A-Za-z]/.test(s.peek());
  if (!isOptions) return { mailbox, ...(before ?? NO_OPTIONS), entries: restOfEntries(s) };
  const behind = restOfOptions(s);
  s.space();
  return { mailbox, ...behind, entries: entryNames(s) };
}

/** Reads the arguments of SETMETADATA: `INBOX (/private/comment "mine" /shared/comment NIL)`. */
export function setMetadata(s: Scanner, encoding: NameEncoding): CommandArgs["SETMETADATA"] {
  s.space();
  const mailbox = mailboxName(s, encoding);
  s.space();
  const start = s.at;
  const values = s.list((): readonly [string, Uint8Array | undefined] => {
    const entry = entryName(s, false);
    s.space();
    return [entry, s.nstring()];
  });
  if (values.length === 0) s.fail("an entry with its value", start + 1);
  if (values.length > MAX_ENTRIES) s.fail(`at most ${MAX_ENTRIES} entries`, start);
  return { mailbox, values };
}
