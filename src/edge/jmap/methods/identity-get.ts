import { checkGetSize, ChangesArguments, chosenProperties, GetArguments, pick } from "../arguments.ts";
import { SUBMISSION } from "../capability.ts";
import { readIdentities } from "../identity-object.ts";
import { accountMethod, actualId, JmapError } from "../method.ts";

const PROPERTIES = [
  "id",
  "name",
  "email",
  "replyTo",
  "bcc",
  "textSignature",
  "htmlSignature",
  "mayDelete",
] as const;

/** RFC 8621 §6.1 */
export const identityGet = accountMethod("Identity/get", SUBMISSION, GetArguments, async (context, args) => {
  checkGetSize(args.ids);
  const chosen = chosenProperties(args.properties, PROPERTIES);
  const { tenantId, accountId } = context.principal;
  const { list, state } = await context.deps.store.db.tenant(tenantId, (tx) => readIdentities(tx, accountId));
  const wanted = args.ids?.map((id) => actualId(context, id) ?? id) ?? list.map((one) => one.id);
  const found = [...new Set(wanted)].map((id) => ({ id, identity: list.find((one) => one.id === id) }));
  return {
    accountId: args.accountId,
    state,
    list: found.flatMap(({ identity }) => (identity === undefined ? [] : [pick({ ...identity }, chosen)])),
    notFound: found.flatMap(({ id, identity }) => (identity === undefined ? [id] : [])),
  };
});

/** RFC 8621 §6.2: there are a few, so a client whose state is old gets them again. */
export const identityChanges = accountMethod(
  "Identity/changes",
  SUBMISSION,
  ChangesArguments,
  async (context, args) => {
    const { tenantId, accountId } = context.principal;
    const { state } = await context.deps.store.db.tenant(tenantId, (tx) => readIdentities(tx, accountId));
    if (state !== args.sinceState) throw new JmapError("cannotCalculateChanges");
    const nothing = { created: [], updated: [], destroyed: [] };
    return { accountId: args.accountId, oldState: state, newState: state, hasMoreChanges: false, ...nothing };
  },
);
