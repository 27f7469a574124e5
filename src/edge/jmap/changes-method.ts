import type { TenantTx } from "../../db/index.ts";
import type { AccountId } from "../../kernel/id.ts";
import { readModseq } from "../../mailstore/index.ts";
import { printId } from "../../protocol/jmap/index.ts";
import { ChangesArguments, counterOf } from "./arguments.ts";
import { MAIL } from "./capability.ts";
import { accountMethod, JmapError } from "./method.ts";

/** Without `maxChanges` so many are told at once. */
const MANY = 10_000;

interface Changes {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly destroyed: readonly string[];
  readonly newModseq: number;
  readonly hasMore: boolean;
}

/** A `/changes` method (RFC 8620 §5.2) of a type whose state is the account's change counter.
 * @param list what happened after a counter, oldest first, at most so many
 * @param more what this type's answer has besides */
export const changesMethod = <T extends Changes>(
  type: "Email" | "Mailbox" | "Thread",
  list: (tx: TenantTx, accountId: AccountId, since: number, limit: number) => Promise<T>,
  more: (changes: T) => Record<string, unknown> = () => ({}),
) => {
  const kind = ({ Email: "email", Mailbox: "mailbox", Thread: "thread" } as const)[type];
  const ids = (found: readonly string[]): string[] => found.map((id) => printId(kind, id));
  return accountMethod(`${type}/changes`, MAIL, ChangesArguments, async (context, args) => {
    const { tenantId, accountId } = context.principal;
    return context.deps.store.db.tenant(tenantId, async (tx) => {
      // Read before the changes: a change that comes in between is told now and once more, never lost.
      const now = await readModseq(tx, accountId);
      const since = counterOf(args.sinceState, now);
      const changes = await list(tx, accountId, since, args.maxChanges ?? MANY);
      if (changes.hasMore && changes.newModseq === since) throw new JmapError("cannotCalculateChanges");
      return {
        accountId: args.accountId,
        oldState: args.sinceState,
        newState: String(changes.hasMore ? changes.newModseq : Math.max(now, changes.newModseq)),
        hasMoreChanges: changes.hasMore,
        created: ids(changes.created),
        updated: ids(changes.updated),
        destroyed: ids(changes.destroyed),
        ...more(changes),
      };
    });
  });
};
