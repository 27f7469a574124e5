import { z } from "zod";
import type { TenantTx } from "../../../db/index.ts";
import { MailError } from "../../../kernel/error.ts";
import { bumpModseq } from "../../../mailstore/index.ts";
import { upsertIdentity } from "../../../outbound/index.ts";
import { parseAddressSpec } from "../../../protocol/address/index.ts";
import { applyPatch, type JsonObject } from "../../../protocol/jmap/index.ts";
import { checkSetSize, SetArguments } from "../arguments.ts";
import { SUBMISSION } from "../capability.ts";
import { type IdentityObject, readIdentities } from "../identity-object.ts";
import { accountMethod, actualId, type JmapContext, JmapError } from "../method.ts";
import { invalidProperties, type SetError, setErrorOf, SetRefusal, SetResult } from "../set-result.ts";

const Addresses = z
  .array(
    z.strictObject({
      name: z.string().max(200).nullable().default(null),
      email: z.string().refine((text) => parseAddressSpec(text).ok),
    }),
  )
  .max(20)
  .nullable()
  .default(null);

/** What a person may set. */
const Settable = z.object({
  name: z.string().max(200).default(""),
  replyTo: Addresses,
  bcc: Addresses,
  textSignature: z.string().max(20_000).default(""),
  htmlSignature: z.string().max(100_000).default(""),
});

/** Identities come and go with the addresses of the account, which an administrator gives. */
const NOT_YOURS: SetError = {
  type: "forbidden",
  description: "There is one identity for each address of the account.",
};

async function update(
  tx: TenantTx,
  context: JmapContext,
  identity: IdentityObject | undefined,
  patch: JsonObject,
): Promise<void> {
  if (identity === undefined) throw new MailError("identity_unknown");
  const { id, email, mayDelete, ...settable } = identity;
  const touched = Object.keys(patch).map((path) => path.split("/", 1)[0] ?? "");
  const fixed: JsonObject = { id, email, mayDelete };
  const wrong = touched.filter(
    (name) => !Object.hasOwn(settable, name) && (!Object.hasOwn(fixed, name) || fixed[name] !== patch[name]),
  );
  if (wrong.length > 0) throw invalidProperties(wrong);
  const patched = applyPatch({ ...settable }, patch);
  if (!patched.ok) throw new SetRefusal({ type: "invalidPatch", description: patched.expected });
  const parsed = Settable.safeParse(patched.value);
  if (!parsed.success) {
    const names = parsed.error.issues.map((issue) => String(issue.path[0] ?? ""));
    throw invalidProperties([...new Set(names)]);
  }
  await upsertIdentity(tx, context.principal.accountId, { address: email, ...parsed.data });
}

/** RFC 8621 §6.3 */
export const identitySet = accountMethod("Identity/set", SUBMISSION, SetArguments, async (context, args) => {
  checkSetSize(args);
  const { tenantId, accountId } = context.principal;
  const result = new SetResult();
  const [before, after] = await context.deps.store.db.tenant(tenantId, async (tx) => {
    // Locks the account, so that the state that was compared is the state that is changed.
    await bumpModseq(tx, accountId);
    const { list, state } = await readIdentities(tx, accountId);
    if (args.ifInState !== undefined && args.ifInState !== null && args.ifInState !== state)
      throw new JmapError("stateMismatch");
    for (const creationId of Object.keys(args.create ?? {})) result.notCreated[creationId] = NOT_YOURS;
    for (const [given, patch] of Object.entries(args.update ?? {})) {
      const id = actualId(context, given) ?? given;
      try {
        await update(
          tx,
          context,
          list.find((one) => one.id === id),
          patch,
        );
        result.updated[id] = null;
      } catch (error) {
        result.notUpdated[id] = setErrorOf(error);
      }
    }
    for (const id of args.destroy ?? [])
      result.notDestroyed[id] = list.some((one) => one.id === id) ? NOT_YOURS : { type: "notFound" };
    return [state, (await readIdentities(tx, accountId)).state];
  });
  return result.toResponse(args.accountId, before, after);
});
