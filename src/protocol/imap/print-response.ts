import type { StatusItem } from "./command.ts";
import { DELIMITER } from "./list-pattern.ts";
import { type NameEncoding, encodeName } from "./mailbox-name.ts";
import { type PartialRange, printPartialRange } from "./partial-range.ts";
import { printMailbox, printNstring, printString } from "./print-string.ts";
import { type NumberRange, printRanges } from "./sequence-set.ts";

// Each of these gives one response without its line end, to be sent as UTF-8.

export type Condition = "OK" | "NO" | "BAD" | "PREAUTH" | "BYE";

/**
 * Writes a status response (RFC 9051 §7.1).
 * @param tag "*" for an untagged one   @param code response code with its arguments, without brackets
 */
export function printCondition(tag: string, is: Condition, text: string, code?: string): string {
  // One line, never empty, and not beginning like a code that is not there.
  const line = text.replaceAll(/[^ -~]+/g, " ").replace(/^\[/, "(");
  return `${tag} ${is} ${code === undefined ? "" : `[${code}] `}${line === "" ? "." : line}`;
}

export function printFlags(flags: readonly string[]): string {
  return `(${flags.join(" ")})`;
}

export interface ListedMailbox {
  readonly name: string;
  /** With their backslash: `\HasNoChildren`, `\Sent`, `\NonExistent`. */
  readonly attributes: readonly string[];
  /** It is listed because mailboxes below it are subscribed (RFC 5258 §3.5). */
  readonly childIsSubscribed?: boolean;
}

/** Writes a LIST or LSUB response (RFC 9051 §7.3.1). */
export function printList(kind: "LIST" | "LSUB", box: ListedMailbox, encoding: NameEncoding): string {
  const name = printMailbox(encodeName(box.name, encoding));
  const child = box.childIsSubscribed === true ? ' ("CHILDINFO" ("SUBSCRIBED"))' : "";
  return `* ${kind} ${printFlags(box.attributes)} "${DELIMITER}" ${name}${child}`;
}

/** Writes the LIST response of a mailbox that had another name (RFC 5465 §5.4, RFC 9051 §6.3.9.7). */
export function printRenamed(box: ListedMailbox, from: string, encoding: NameEncoding): string {
  return `${printList("LIST", box, encoding)} ("OLDNAME" (${printMailbox(encodeName(from, encoding))}))`;
}

/** The answer to LIST with an empty pattern: the delimiter, and no mailbox (RFC 9051 §6.3.9). */
export function printDelimiter(kind: "LIST" | "LSUB"): string {
  return `* ${kind} (\\Noselect) "${DELIMITER}" ""`;
}

/** A value of STATUS: MAILBOXID is an object id, APPENDLIMIT may be absent (NIL), all others are numbers. */
export type StatusValue = readonly [item: StatusItem, value: number | string | undefined];

export function printStatus(mailbox: string, values: readonly StatusValue[], encoding: NameEncoding): string {
  const items = values.map(([item, value]) => {
    if (value === undefined) return `${item} NIL`;
    return typeof value === "number" ? `${item} ${value}` : `${item} (${value})`;
  });
  return `* STATUS ${printMailbox(encodeName(mailbox, encoding))} (${items.join(" ")})`;
}

/** Writes the SEARCH response of RFC 3501 §7.2.5, with the modification sequence of RFC 7162 §3.1.5. */
export function printSearch(numbers: Iterable<number>, highestModseq?: number): string {
  const found = [...numbers];
  const modseq = highestModseq === undefined || found.length === 0 ? [] : [`(MODSEQ ${highestModseq})`];
  return ["* SEARCH", ...found, ...modseq].join(" ");
}

/** Writes the SORT response of RFC 5256 §4, with the modification sequence of RFC 7162 §3.1.6. */
export function printSort(numbers: Iterable<number>, highestModseq?: number): string {
  return printSearch(numbers, highestModseq).replace("SEARCH", "SORT");
}

export interface SearchResult {
  /** Tag of the SEARCH. */
  readonly tag: string;
  readonly uid: boolean;
  /** Each only if it was asked for; min, max and all also only if something was found. */
  readonly min?: number;
  readonly max?: number;
  readonly count?: number;
  readonly all?: readonly NumberRange[];
  /** One page of the results, and which it is (RFC 9394 §3.1). */
  readonly partial?: { readonly range: PartialRange; readonly found: readonly NumberRange[] };
  readonly highestModseq?: number;
}

/** Writes the ESEARCH response (RFC 9051 §7.3.4, RFC 4731). */
export function printEsearch(result: SearchResult): string {
  const { min, max, count, all, partial, highestModseq } = result;
  const parts = [`* ESEARCH (TAG ${printString(result.tag)})`];
  if (result.uid) parts.push("UID");
  if (min !== undefined) parts.push(`MIN ${min}`);
  if (max !== undefined) parts.push(`MAX ${max}`);
  if (count !== undefined) parts.push(`COUNT ${count}`);
  if (all !== undefined && all.length > 0) parts.push(`ALL ${printRanges(all)}`);
  if (partial !== undefined) {
    const found = partial.found.length === 0 ? "NIL" : printRanges(partial.found);
    parts.push(`PARTIAL (${printPartialRange(partial.range)} ${found})`);
  }
  if (highestModseq !== undefined) parts.push(`MODSEQ ${highestModseq}`);
  return parts.join(" ");
}

/** Writes the VANISHED response (RFC 7162 §3.2.10). @param isEarlier they have no message numbers now */
export function printVanished(uids: readonly NumberRange[], isEarlier: boolean): string {
  return `* VANISHED ${isEarlier ? "(EARLIER) " : ""}${printRanges(uids)}`;
}

/** Writes the JMAPACCESS response (RFC 9698 §3). @param url in ASCII, without quotes */
export function printJmapAccess(url: string): string {
  return `* JMAPACCESS ${printString(url)}`;
}

/** Writes the ID response (RFC 2971 §3.2). */
export function printId(parameters: ReadonlyMap<string, string | undefined>): string {
  if (parameters.size === 0) return "* ID NIL";
  const pairs = [...parameters].map(([field, value]) => `${printString(field)} ${printNstring(value)}`);
  return `* ID (${pairs.join(" ")})`;
}

const namespace = (prefix: string): string => `((${printString(prefix)} "${DELIMITER}"))`;

/** Writes the NAMESPACE response (RFC 9051 §7.3.5): the user's own mailboxes without a prefix, and those of others. */
export function printNamespaces(otherUsers: string, shared: string): string {
  return `* NAMESPACE ${namespace("")} ${namespace(otherUsers)} ${namespace(shared)}`;
}
