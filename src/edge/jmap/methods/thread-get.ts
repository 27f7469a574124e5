import { readModseq, readThreads } from "../../../mailstore/index.ts";
import { printId } from "../../../protocol/jmap/index.ts";
import { checkGetSize, chosenProperties, GetArguments, pick } from "../arguments.ts";
import { MAIL } from "../capability.ts";
import { knownIds, threadIdOf } from "../ids.ts";
import { accountMethod, actualId, JmapError } from "../method.ts";

/** RFC 8621 §3.1 */
export const threadGet = accountMethod("Thread/get", MAIL, GetArguments, async (context, args) => {
  if (args.ids === null || args.ids === undefined) throw new JmapError("requestTooLarge");
  checkGetSize(args.ids);
  const chosen = chosenProperties(args.properties, ["id", "emailIds"]);
  const { byId, notFound } = knownIds(
    args.ids.map((id) => actualId(context, id) ?? id),
    threadIdOf,
  );
  const { tenantId, accountId } = context.principal;
  const [modseq, threads] = await context.deps.store.db.tenant(tenantId, (tx) =>
    Promise.all([readModseq(tx, accountId), readThreads(tx, accountId, [...byId.values()])]),
  );
  const list: object[] = [];
  const missing: string[] = [];
  for (const [id, threadId] of byId) {
    const emailIds = threads.get(threadId);
    if (emailIds === undefined) missing.push(id);
    else list.push(pick({ id, emailIds: emailIds.map((one) => printId("email", one)) }, chosen));
  }
  return { accountId: args.accountId, state: String(modseq), list, notFound: [...notFound, ...missing] };
});
