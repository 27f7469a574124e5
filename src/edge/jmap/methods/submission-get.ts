import { readModseq } from "../../../mailstore/index.ts";
import { listSubmissionChanges, listSubmissions, readSubmissions } from "../../../outbound/index.ts";
import { printId } from "../../../protocol/jmap/index.ts";
import {
  ChangesArguments,
  checkGetSize,
  chosenProperties,
  counterOf,
  GetArguments,
  pick,
} from "../arguments.ts";
import { SUBMISSION } from "../capability.ts";
import { knownIds, submissionIdOf } from "../ids.ts";
import { JMAP_LIMITS } from "../jmap-limits.ts";
import { accountMethod, actualId, JmapError } from "../method.ts";
import { SUBMISSION_PROPERTIES, submissionObject } from "../submission-object.ts";

/** RFC 8621 §7.1 */
export const submissionGet = accountMethod(
  "EmailSubmission/get",
  SUBMISSION,
  GetArguments,
  async (context, args) => {
    checkGetSize(args.ids);
    const chosen = chosenProperties(args.properties, SUBMISSION_PROPERTIES);
    const wanted = args.ids?.map((id) => actualId(context, id) ?? id);
    const { byId, notFound } = knownIds(wanted ?? [], submissionIdOf);
    const { tenantId, accountId } = context.principal;
    const most = JMAP_LIMITS.maxObjectsInGet;
    const [modseq, found] = await context.deps.store.db.tenant(tenantId, async (tx) => {
      const now = await readModseq(tx, accountId);
      const ids =
        wanted === undefined
          ? await listSubmissions(tx, accountId, { position: 0, limit: most + 1 })
          : [...byId.values()];
      if (ids.length > most) throw new JmapError("requestTooLarge");
      return [now, await readSubmissions(tx, accountId, ids)] as const;
    });
    const list = found.map((one) => pick(submissionObject(one), chosen));
    const there = new Set(found.map((one) => printId("submission", one.id)));
    const missing = [...byId.keys()].filter((id) => !there.has(id));
    return { accountId: args.accountId, state: String(modseq), list, notFound: [...notFound, ...missing] };
  },
);

/** RFC 8621 §7.2 */
export const submissionChanges = accountMethod(
  "EmailSubmission/changes",
  SUBMISSION,
  ChangesArguments,
  async (context, args) => {
    const { tenantId, accountId } = context.principal;
    return context.deps.store.db.tenant(tenantId, async (tx) => {
      // Read before the changes: a change that comes in between is told now and once more, never lost.
      const now = await readModseq(tx, accountId);
      const since = counterOf(args.sinceState, now);
      const { created, updated, newModseq } = await listSubmissionChanges(tx, accountId, since);
      if (args.maxChanges && created.length + updated.length > args.maxChanges)
        throw new JmapError("cannotCalculateChanges");
      return {
        accountId: args.accountId,
        oldState: args.sinceState,
        newState: String(Math.max(now, newModseq)),
        hasMoreChanges: false,
        created: created.map((id) => printId("submission", id)),
        updated: updated.map((id) => printId("submission", id)),
        destroyed: [],
      };
    });
  },
);
