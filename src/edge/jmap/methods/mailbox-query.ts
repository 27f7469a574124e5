import { z } from "zod";
import { listMailboxes, type Mailbox, readModseq } from "../../../mailstore/index.ts";
import { pageOf, printId } from "../../../protocol/jmap/index.ts";
import { type Comparator, QueryArguments, QueryChangesArguments } from "../arguments.ts";
import { MAIL } from "../capability.ts";
import { MAX_QUERY_LIMIT } from "../jmap-limits.ts";
import { accountMethod, JmapError } from "../method.ts";
import { shownName } from "./mailbox-get.ts";

const Condition = z.strictObject({
  parentId: z.string().nullish(),
  name: z.string().optional(),
  role: z.string().nullish(),
  hasAnyRole: z.boolean().optional(),
  isSubscribed: z.boolean().optional(),
});

type Test = (box: Mailbox) => boolean;

/** @throws {JmapError} invalidArguments, unsupportedFilter */
function filterTest(filter: Readonly<Record<string, unknown>> | null | undefined, depth = 0): Test {
  if (filter === null || filter === undefined) return () => true;
  if (depth > 10) throw new JmapError("unsupportedFilter", "nested too deeply");
  if ("operator" in filter) {
    const parsed = z
      .strictObject({
        operator: z.enum(["AND", "OR", "NOT"]),
        conditions: z.array(z.record(z.string(), z.unknown())).min(1).max(100),
      })
      .safeParse(filter);
    if (!parsed.success) throw new JmapError("invalidArguments", "filter operator");
    const tests = parsed.data.conditions.map((one) => filterTest(one, depth + 1));
    const { operator } = parsed.data;
    if (operator === "AND") return (box) => tests.every((test) => test(box));
    if (operator === "OR") return (box) => tests.some((test) => test(box));
    return (box) => !tests.some((test) => test(box));
  }
  const parsed = Condition.safeParse(filter);
  if (!parsed.success) throw new JmapError("unsupportedFilter", z.prettifyError(parsed.error));
  const { parentId, name, role, hasAnyRole, isSubscribed } = parsed.data;
  const words = name?.toLowerCase();
  return (box) =>
    (parentId === undefined ||
      (box.parentId === null ? null : printId("mailbox", box.parentId)) === parentId) &&
    (words === undefined || shownName(box).toLowerCase().includes(words)) &&
    (role === undefined || box.role === role) &&
    (hasAnyRole === undefined || (box.role !== null) === hasAnyRole) &&
    (isSubscribed === undefined || box.isSubscribed === isSubscribed);
}

/** @throws {JmapError} unsupportedSort */
function comparison(sort: readonly Comparator[]): (a: Mailbox, b: Mailbox) => number {
  for (const { property, collation, keyword } of sort)
    if (!["name", "sortOrder"].includes(property) || collation !== undefined || keyword !== undefined)
      throw new JmapError("unsupportedSort");
  return (a, b) => {
    for (const { property, isAscending } of sort) {
      const order =
        property === "name" ? shownName(a).localeCompare(shownName(b)) : a.sortOrder - b.sortOrder;
      if (order !== 0) return isAscending ? order : -order;
    }
    return a.id < b.id ? -1 : 1;
  };
}

/** Children come right after their parent (RFC 8621 §2.3, `sortAsTree`). @param sorted siblings in their order */
function asTree(sorted: readonly Mailbox[]): Mailbox[] {
  const children = Map.groupBy(sorted, (box) => box.parentId);
  const below = (parent: Mailbox["parentId"]): Mailbox[] =>
    (children.get(parent) ?? []).flatMap((box) => [box, ...below(box.id)]);
  return below(null);
}

/** RFC 8621 §2.3 */
export const mailboxQuery = accountMethod(
  "Mailbox/query",
  MAIL,
  QueryArguments.extend({ sortAsTree: z.boolean().default(false), filterAsTree: z.boolean().default(false) }),
  async (context, args) => {
    const test = filterTest(args.filter);
    const compare = comparison(args.sort ?? []);
    const { tenantId, accountId } = context.principal;
    const [modseq, boxes] = await context.deps.store.db.tenant(tenantId, (tx) =>
      Promise.all([readModseq(tx, accountId), listMailboxes(tx, accountId)]),
    );
    const byId = new Map(boxes.map((box) => [box.id, box]));
    const passes = (box: Mailbox): boolean => {
      if (!test(box)) return false;
      const parent = args.filterAsTree && box.parentId !== null ? byId.get(box.parentId) : undefined;
      return parent === undefined || passes(parent);
    };
    const sorted = boxes.toSorted(compare);
    const found = (args.sortAsTree ? asTree(sorted) : sorted).filter(passes);
    const limit = Math.min(args.limit ?? MAX_QUERY_LIMIT, MAX_QUERY_LIMIT);
    const page = pageOf(
      found.map((box) => printId("mailbox", box.id)),
      { ...args, limit },
    );
    if (page === null) throw new JmapError("anchorNotFound");
    return {
      accountId: args.accountId,
      queryState: String(modseq),
      canCalculateChanges: false,
      position: page.position,
      ids: page.ids,
      ...(args.calculateTotal ? { total: found.length } : {}),
      ...(limit < (args.limit ?? limit) ? { limit } : {}),
    };
  },
);

/** RFC 8621 §2.4: the list is short, so a client asks for all of it again. */
export const mailboxQueryChanges = accountMethod(
  "Mailbox/queryChanges",
  MAIL,
  QueryChangesArguments.extend({
    sortAsTree: z.boolean().default(false),
    filterAsTree: z.boolean().default(false),
  }),
  () => Promise.reject(new JmapError("cannotCalculateChanges")),
);
