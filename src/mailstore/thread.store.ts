import type { TenantTx } from "../db/index.ts";
import type { AccountId, ThreadId } from "../kernel/id.ts";
import { wholeModseqs } from "./whole-modseqs.ts";

export interface ThreadChanges {
  readonly created: readonly ThreadId[];
  /** Their list of emails may have changed. */
  readonly updated: readonly ThreadId[];
  readonly destroyed: readonly ThreadId[];
  /** The change counter up to which this list is complete. */
  readonly newModseq: number;
  /** More than `limit` changes: ask again from `newModseq`. If that is still `since`, they can't be told in steps. */
  readonly hasMore: boolean;
}

/** What happened to the threads of an account after `since`, oldest first, at most `limit` of them.
 * A thread is as old as the oldest email that is in it or left it after `since`: one that was empty then is new again. */
export async function listThreadChanges(
  tx: TenantTx,
  accountId: AccountId,
  since: number,
  limit: number,
): Promise<ThreadChanges> {
  const rows = await tx<{ id: ThreadId; at: number; born: number; alive: boolean }[]>`
    with touched as (
      select thread_id, modseq, email_modseq, created_modseq from placements
      where tenant_id = ${tx.tenantId} and account_id = ${accountId} and modseq > ${since}
      union all
      select thread_id, modseq, email_modseq, modseq from expunged
      where tenant_id = ${tx.tenantId} and account_id = ${accountId} and modseq > ${since}
    )
    select t.thread_id as id, max(t.modseq) as at,
      least(
        min(t.email_modseq),
        (select min(p.email_modseq) from placements p
          where p.tenant_id = ${tx.tenantId} and p.account_id = ${accountId} and p.thread_id = t.thread_id)
      ) as born,
      exists (select from placements p
        where p.tenant_id = ${tx.tenantId} and p.account_id = ${accountId} and p.thread_id = t.thread_id) as alive
    from touched t
    -- A flag changes no thread: only what came or went does.
    where t.created_modseq > ${since}
    group by t.thread_id order by at limit ${limit + 1}`;
  const { page, hasMore } = wholeModseqs(rows, limit);
  return {
    created: page.filter((row) => row.alive && row.born > since).map((row) => row.id),
    updated: page.filter((row) => row.alive && row.born <= since).map((row) => row.id),
    destroyed: page.filter((row) => !row.alive && row.born <= since).map((row) => row.id),
    newModseq: page.at(-1)?.at ?? since,
    hasMore,
  };
}
