import { z } from "zod";
import type { MailboxId } from "../../kernel/id.ts";
import {
  type EmailCondition,
  type EmailFilter,
  type EmailSort,
  type EmailSortProperty,
  type Flags,
  fromKeywords,
} from "../../mailstore/index.ts";
import { parseJsonDate } from "../../protocol/jmap/index.ts";
import type { Comparator } from "./arguments.ts";
import { mailboxIdOf } from "./ids.ts";
import { actualId, type JmapContext, JmapError } from "./method.ts";

/** What Email/query can sort by (RFC 8621 §4.4.2). */
export const EMAIL_SORT_PROPERTIES = [
  "receivedAt",
  "sentAt",
  "size",
  "subject",
  "from",
  "to",
  "hasKeyword",
] as const satisfies readonly EmailSortProperty[];

const Text = z.string().max(1_000);
const Keyword = z.string().min(1).max(255);

/** RFC 8621 §4.4.1 */
const Condition = z.strictObject({
  inMailbox: z.string().optional(),
  inMailboxOtherThan: z.array(z.string()).max(1_000).optional(),
  before: z.string().optional(),
  after: z.string().optional(),
  minSize: z.int().nonnegative().optional(),
  maxSize: z.int().nonnegative().optional(),
  allInThreadHaveKeyword: Keyword.optional(),
  someInThreadHaveKeyword: Keyword.optional(),
  noneInThreadHaveKeyword: Keyword.optional(),
  hasKeyword: Keyword.optional(),
  notKeyword: Keyword.optional(),
  hasAttachment: z.boolean().optional(),
  text: Text.optional(),
  from: Text.optional(),
  to: Text.optional(),
  cc: Text.optional(),
  bcc: Text.optional(),
  subject: Text.optional(),
  body: Text.optional(),
  header: z.array(Text).min(1).max(2).optional(),
});
type Condition = z.output<typeof Condition>;

/** What can't be told from the database: the message has to be looked at. All that are given must hold. */
export interface DeepCondition {
  readonly cc?: string;
  readonly bcc?: string;
  readonly body?: string;
  /** a field's name, and a text that its value contains */
  readonly header?: readonly string[];
}

/** A filter; conditions that need the messages stand beside those that the store answers. */
export type ParsedFilter =
  | { readonly operator: "AND" | "OR" | "NOT"; readonly conditions: readonly ParsedFilter[] }
  | { readonly condition: EmailCondition; readonly deep: DeepCondition | null };

const Operator = z.strictObject({
  operator: z.enum(["AND", "OR", "NOT"]),
  conditions: z.array(z.record(z.string(), z.unknown())).min(1).max(100),
});

/** @throws {JmapError} invalidArguments, unsupportedFilter */
export function parseEmailFilter(
  context: JmapContext,
  filter: Readonly<Record<string, unknown>> | null | undefined,
  depth = 0,
): ParsedFilter {
  if (filter === null || filter === undefined) return { condition: {}, deep: null };
  if (depth > 10) throw new JmapError("unsupportedFilter", "nested too deeply");
  if ("operator" in filter) {
    const parsed = Operator.safeParse(filter);
    if (!parsed.success) throw new JmapError("invalidArguments", "filter operator");
    const { operator, conditions } = parsed.data;
    return { operator, conditions: conditions.map((one) => parseEmailFilter(context, one, depth + 1)) };
  }
  const parsed = Condition.safeParse(filter);
  if (!parsed.success) {
    const isUnknown = parsed.error.issues.some((issue) => issue.code === "unrecognized_keys");
    throw new JmapError(isUnknown ? "unsupportedFilter" : "invalidArguments", z.prettifyError(parsed.error));
  }
  return parseCondition(context, parsed.data);
}

function parseCondition(context: JmapContext, given: Condition): ParsedFilter {
  const { cc, bcc, body, header } = given;
  const deep: DeepCondition = {
    ...(cc !== undefined && { cc }),
    ...(bcc !== undefined && { bcc }),
    ...(body !== undefined && { body }),
    ...(header !== undefined && { header }),
  };
  // Several words are looked for one by one; what stands in quotes belongs together (RFC 8621 §4.4.1).
  const words = (["text", "from", "to", "subject"] as const).flatMap((field) =>
    searchWords(given[field]).map((word) => ({ condition: { [field]: word }, deep: null })),
  );
  const rest: ParsedFilter = {
    condition: storeCondition(context, given),
    deep: Object.keys(deep).length > 0 ? deep : null,
  };
  return words.length === 0 ? rest : { operator: "AND", conditions: [rest, ...words] };
}

function searchWords(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  const found = [...text.matchAll(/"([^"]+)"|'([^']+)'|(\S+)/g)];
  return found.map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

const KEYWORD_CONDITIONS = [
  "hasKeyword",
  "notKeyword",
  "allInThreadHaveKeyword",
  "someInThreadHaveKeyword",
  "noneInThreadHaveKeyword",
] as const;

/** A keyword as it is stored: one system flag, or one word. */
const flagOf = (keyword: string | undefined): Flags | undefined =>
  keyword === undefined ? undefined : fromKeywords([keyword]);

function time(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const date = parseJsonDate(text);
  if (date === null || !text.endsWith("Z")) throw new JmapError("invalidArguments", `no UTCDate: ${text}`);
  return date.ms;
}

function storeCondition(context: JmapContext, given: Condition): EmailCondition {
  const mailbox = (id: string): MailboxId | null => mailboxIdOf(actualId(context, id) ?? "");
  const wanted: { -readonly [K in keyof EmailCondition]: EmailCondition[K] } = {};
  const set = <K extends keyof EmailCondition>(key: K, value: EmailCondition[K] | undefined): void => {
    if (value !== undefined) wanted[key] = value;
  };
  if (given.inMailbox !== undefined) {
    const id = mailbox(given.inMailbox);
    // A mailbox that can't exist holds nothing.
    if (id === null) set("emailIds", []);
    else set("inMailbox", id);
  }
  set(
    "inMailboxOtherThan",
    given.inMailboxOtherThan?.map(mailbox).filter((id) => id !== null),
  );
  set("before", time(given.before));
  set("after", time(given.after));
  for (const key of ["minSize", "maxSize"] as const) set(key, given[key]);
  for (const key of KEYWORD_CONDITIONS) set(key, flagOf(given[key]));
  set("hasAttachment", given.hasAttachment);
  return wanted;
}

/** The store's filter, once it is known which emails the deep conditions hold for. */
export function storeFilter(
  filter: ParsedFilter,
  found: ReadonlyMap<DeepCondition, EmailCondition["emailIds"]>,
): EmailFilter {
  if ("operator" in filter)
    return {
      operator: filter.operator,
      conditions: filter.conditions.map((one) => storeFilter(one, found)),
    };
  if (filter.deep === null) return filter.condition;
  return { operator: "AND", conditions: [filter.condition, { emailIds: found.get(filter.deep) ?? [] }] };
}

/** @throws {JmapError} unsupportedSort, invalidArguments */
export function parseEmailSort(sort: readonly Comparator[] | null | undefined): EmailSort[] {
  return (sort ?? []).map(({ property, isAscending, collation, keyword }) => {
    const known = EMAIL_SORT_PROPERTIES.find((one) => one === property);
    if (known === undefined || collation !== undefined) throw new JmapError("unsupportedSort");
    if (known !== "hasKeyword") return { property: known, isAscending };
    if (keyword === undefined) throw new JmapError("invalidArguments", "hasKeyword needs a keyword");
    return { property: known, isAscending, keyword: fromKeywords([keyword]) };
  });
}
