import { z } from "zod";
import { readModseq } from "../../../mailstore/index.ts";
import { listSubmissions, readSubmissions, type Submission } from "../../../outbound/index.ts";
import { pageOf, parseJsonDate, printId } from "../../../protocol/jmap/index.ts";
import { type Comparator, QueryArguments, QueryChangesArguments } from "../arguments.ts";
import { SUBMISSION } from "../capability.ts";
import { MAX_QUERY_LIMIT } from "../jmap-limits.ts";
import { accountMethod, JmapError } from "../method.ts";
import { submissionObject } from "../submission-object.ts";

/** The latest so many are looked at. */
const SUBMISSIONS_MAX = 10_000;

const Condition = z.strictObject({
  identityIds: z.array(z.string()).optional(),
  emailIds: z.array(z.string()).optional(),
  threadIds: z.array(z.string()).optional(),
  undoStatus: z.enum(["pending", "final", "canceled"]).optional(),
  before: z.string().optional(),
  after: z.string().optional(),
});
const Operator = z.strictObject({
  operator: z.enum(["AND", "OR", "NOT"]),
  conditions: z.array(z.record(z.string(), z.unknown())).min(1).max(100),
});

type Test = (one: Submission) => boolean;

function time(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const date = parseJsonDate(text);
  if (date === null || !text.endsWith("Z")) throw new JmapError("invalidArguments", `no UTCDate: ${text}`);
  return date.ms;
}

const isIn = (ids: readonly string[] | undefined, id: unknown): boolean =>
  ids === undefined || (typeof id === "string" && ids.includes(id));

/** @throws {JmapError} invalidArguments, unsupportedFilter */
function filterTest(filter: Readonly<Record<string, unknown>> | null | undefined, depth = 0): Test {
  if (filter === null || filter === undefined) return () => true;
  if (depth > 10) throw new JmapError("unsupportedFilter", "nested too deeply");
  if ("operator" in filter) {
    const parsed = Operator.safeParse(filter);
    if (!parsed.success) throw new JmapError("invalidArguments", "filter operator");
    const { operator, conditions } = parsed.data;
    const tests = conditions.map((one) => filterTest(one, depth + 1));
    if (operator === "AND") return (one) => tests.every((test) => test(one));
    return (one) => tests.some((test) => test(one)) === (operator === "OR");
  }
  const parsed = Condition.safeParse(filter);
  if (!parsed.success) throw new JmapError("unsupportedFilter", z.prettifyError(parsed.error));
  const { identityIds, emailIds, threadIds, undoStatus } = parsed.data;
  const [before, after] = [time(parsed.data.before), time(parsed.data.after)];
  return (one) => {
    const shown = submissionObject(one);
    return (
      isIn(identityIds, shown["identityId"]) &&
      isIn(emailIds, shown["emailId"]) &&
      isIn(threadIds, shown["threadId"]) &&
      (undoStatus === undefined || one.undoStatus === undoStatus) &&
      (before === undefined || one.sendAt < before) &&
      (after === undefined || one.sendAt >= after)
    );
  };
}

const KEYS: Readonly<Record<string, (one: Submission) => string | number>> = {
  emailId: (one) => one.emailId ?? "",
  threadId: (one) => one.threadId ?? "",
  sentAt: (one) => one.sendAt,
};

/** @throws {JmapError} unsupportedSort */
function comparison(sort: readonly Comparator[]): (a: Submission, b: Submission) => number {
  const keys = sort.map(({ property, isAscending, collation }) => {
    const key = KEYS[property];
    if (key === undefined || collation !== undefined) throw new JmapError("unsupportedSort");
    return { key, sign: isAscending ? 1 : -1 };
  });
  return (a, b) => {
    for (const { key, sign } of keys) {
      const [left, right] = [key(a), key(b)];
      if (left !== right) return left < right ? -sign : sign;
    }
    return 0;
  };
}

/** RFC 8621 §7.3; without a sort the latest come first. */
export const submissionQuery = accountMethod(
  "EmailSubmission/query",
  SUBMISSION,
  QueryArguments,
  async (context, args) => {
    const test = filterTest(args.filter);
    const compare = comparison(args.sort ?? []);
    const { tenantId, accountId } = context.principal;
    const [modseq, ids, all] = await context.deps.store.db.tenant(tenantId, async (tx) => {
      const now = await readModseq(tx, accountId);
      const latest = await listSubmissions(tx, accountId, { position: 0, limit: SUBMISSIONS_MAX });
      return [now, latest, await readSubmissions(tx, accountId, latest)] as const;
    });
    const byId = new Map(all.map((one) => [one.id, one]));
    const found = ids
      .flatMap((id) => byId.get(id) ?? [])
      .filter(test)
      .toSorted(compare);
    const limit = Math.min(args.limit ?? MAX_QUERY_LIMIT, MAX_QUERY_LIMIT);
    const page = pageOf(
      found.map((one) => printId("submission", one.id)),
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
      ...(args.limit === null || args.limit === undefined || args.limit > limit ? { limit } : {}),
    };
  },
);

/** RFC 8621 §7.4 */
export const submissionQueryChanges = accountMethod(
  "EmailSubmission/queryChanges",
  SUBMISSION,
  QueryChangesArguments,
  () => Promise.reject(new JmapError("cannotCalculateChanges")),
);
