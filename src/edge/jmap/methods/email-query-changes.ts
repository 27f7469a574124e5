import { z } from "zod";
import { listEmailChanges, queryEmails, readModseq, readThreads } from "../../../mailstore/index.ts";
import { printId } from "../../../protocol/jmap/index.ts";
import { counterOf, QueryChangesArguments } from "../arguments.ts";
import { MAIL } from "../capability.ts";
import { parseEmailFilter, parseEmailSort, storeFilter } from "../email-query-arguments.ts";
import { accountMethod, JmapError } from "../method.ts";
import { isDeep } from "./email-query.ts";

/** Longer lists are asked for again. */
const RESULTS_MAX = 10_000;
const CHANGES_MAX = 5_000;

/** RFC 8621 §4.5. Flags, mailboxes and threads are mutable: so every email whose place may have changed is told as removed,
 * and as added again where it is now (RFC 8620 §5.6). */
export const emailQueryChanges = accountMethod(
  "Email/queryChanges",
  MAIL,
  QueryChangesArguments.extend({ collapseThreads: z.boolean().default(false) }),
  async (context, args) => {
    const parsed = parseEmailFilter(context, args.filter);
    const sort = parseEmailSort(args.sort);
    if (isDeep(parsed)) throw new JmapError("cannotCalculateChanges");
    const filter = storeFilter(parsed, new Map());
    const { collapseThreads } = args;
    const { tenantId, accountId } = context.principal;
    return context.deps.store.db.tenant(tenantId, async (tx) => {
      const now = await readModseq(tx, accountId);
      const since = counterOf(args.sinceQueryState, now);
      const changes = await listEmailChanges(tx, accountId, since, CHANGES_MAX);
      if (changes.hasMore) throw new JmapError("cannotCalculateChanges");
      const [threads, results] = await Promise.all([
        readThreads(tx, accountId, changes.threadIds),
        queryEmails(tx, accountId, { filter, sort, collapseThreads, position: 0, limit: RESULTS_MAX + 1 }),
      ]);
      if (results.length > RESULTS_MAX) throw new JmapError("cannotCalculateChanges");
      // One message that comes or goes can move all others of its thread, when threads are shown or filtered as one.
      const moved = new Set([...threads.values()].flat());
      const created = new Set(changes.created);
      const removed = [...changes.destroyed, ...[...moved].filter((id) => !created.has(id))];
      const added = results.flatMap(({ id }, index) =>
        moved.has(id) ? [{ id: printId("email", id), index }] : [],
      );
      if (args.maxChanges && removed.length + added.length > args.maxChanges)
        throw new JmapError("tooManyChanges");
      return {
        accountId: args.accountId,
        oldQueryState: args.sinceQueryState,
        newQueryState: String(Math.max(now, changes.newModseq)),
        ...(args.calculateTotal ? { total: results.length } : {}),
        removed: removed.map((id) => printId("email", id)),
        added,
      };
    });
  },
);
