import { listThreadChanges, readModseq } from "../../../mailstore/index.ts";
import { printId } from "../../../protocol/jmap/index.ts";
import { ChangesArguments, counterOf } from "../arguments.ts";
import { MAIL } from "../capability.ts";
import { accountMethod, JmapError } from "../method.ts";

const ids = (list: readonly string[]): string[] => list.map((id) => printId("thread", id));

/** Without `maxChanges` so many are told at once. */
const MANY = 10_000;

/** RFC 8621 §3.2 */
export const threadChanges = accountMethod(
  "Thread/changes",
  MAIL,
  ChangesArguments,
  async (context, args) => {
    const { tenantId, accountId } = context.principal;
    return context.deps.store.db.tenant(tenantId, async (tx) => {
      // Read before the changes: a change that comes in between is told now and once more, never lost.
      const now = await readModseq(tx, accountId);
      const since = counterOf(args.sinceState, now);
      const changes = await listThreadChanges(tx, accountId, since, args.maxChanges ?? MANY);
      if (changes.hasMore && changes.newModseq === since) throw new JmapError("cannotCalculateChanges");
      return {
        accountId: args.accountId,
        oldState: args.sinceState,
        newState: String(changes.hasMore ? changes.newModseq : Math.max(now, changes.newModseq)),
        hasMoreChanges: changes.hasMore,
        created: ids(changes.created),
        updated: ids(changes.updated),
        destroyed: ids(changes.destroyed),
      };
    });
  },
);
