import { z } from "zod";
import type { TenantTx } from "../../../db/index.ts";
import type { AccountId, EmailId } from "../../../kernel/id.ts";
import {
  countEmails,
  type EmailFilter,
  type EmailQuery,
  type EmailSort,
  queryEmails,
  readModseq,
} from "../../../mailstore/index.ts";
import { pageOf, printId } from "../../../protocol/jmap/index.ts";
import { QueryArguments } from "../arguments.ts";
import { MAIL } from "../capability.ts";
import { findDeep } from "../deep-search.ts";
import {
  type ParsedFilter,
  parseEmailFilter,
  parseEmailSort,
  storeFilter,
} from "../email-query-arguments.ts";
import { MAX_QUERY_LIMIT } from "../jmap-limits.ts";
import { accountMethod, actualId, JmapError } from "../method.ts";

/** An anchor is looked for among so many results. */
const ANCHORED_MAX = 100_000;

const EmailQueryArguments = QueryArguments.extend({ collapseThreads: z.boolean().default(false) });
type EmailQueryArguments = z.output<typeof EmailQueryArguments>;

/** Whether Email/queryChanges can follow a query. */
export function isDeep(filter: ParsedFilter): boolean {
  return "operator" in filter ? filter.conditions.some(isDeep) : filter.deep !== null;
}

interface Plan {
  readonly filter: EmailFilter;
  readonly sort: readonly EmailSort[];
  readonly limit: number;
  /** an email of ours, with its creation id resolved */
  readonly anchor: string | null;
}

async function onePage(
  tx: TenantTx,
  accountId: AccountId,
  args: EmailQueryArguments,
  { filter, sort, limit, anchor }: Plan,
): Promise<{ readonly position: number; readonly ids: readonly EmailId[] }> {
  const { collapseThreads } = args;
  const query = (position: number, most: number): EmailQuery => ({
    filter,
    sort,
    collapseThreads,
    position,
    limit: most,
  });
  if (anchor !== null) {
    const all = await queryEmails(tx, accountId, query(0, ANCHORED_MAX));
    const byId = new Map(all.map(({ id }) => [printId("email", id), id]));
    const page = pageOf([...byId.keys()], { ...args, anchor, limit });
    if (page === null) throw new JmapError("anchorNotFound");
    return { position: page.position, ids: page.ids.flatMap((id) => byId.get(id) ?? []) };
  }
  let { position } = args;
  if (position < 0)
    position = Math.max(0, position + (await countEmails(tx, accountId, filter, collapseThreads)));
  const found = limit === 0 ? [] : await queryEmails(tx, accountId, query(position, limit));
  return { position, ids: found.map((one) => one.id) };
}

/** RFC 8621 §4.4: one transaction. */
export const emailQuery = accountMethod("Email/query", MAIL, EmailQueryArguments, async (context, args) => {
  const parsed = parseEmailFilter(context, args.filter);
  const sort = parseEmailSort(args.sort);
  const limit = Math.min(args.limit ?? MAX_QUERY_LIMIT, MAX_QUERY_LIMIT);
  const filter = storeFilter(parsed, await findDeep(context, parsed));
  const anchor =
    args.anchor === null || args.anchor === undefined ? null : (actualId(context, args.anchor) ?? "");
  const { tenantId, accountId } = context.principal;
  return context.deps.store.db.tenant(tenantId, async (tx) => {
    const [modseq, page, total] = await Promise.all([
      readModseq(tx, accountId),
      onePage(tx, accountId, args, { filter, sort, limit, anchor }),
      args.calculateTotal ? countEmails(tx, accountId, filter, args.collapseThreads) : undefined,
    ]);
    return {
      accountId: args.accountId,
      queryState: String(modseq),
      canCalculateChanges: !isDeep(parsed),
      position: page.position,
      ids: page.ids.map((id) => printId("email", id)),
      ...(total === undefined ? {} : { total }),
      // What the server made of a limit that it doesn't give (RFC 8620 §5.5).
      ...(args.limit === null || args.limit === undefined || args.limit > limit ? { limit } : {}),
    };
  });
});
