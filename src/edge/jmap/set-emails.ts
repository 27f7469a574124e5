import type { JsonObject } from "../../protocol/jmap/index.ts";
import { bumpModseq, listMailboxes, readModseq } from "../../mailstore/index.ts";
import { type SetArguments } from "./arguments.ts";
import { destroyEmails, updateEmails } from "./change-emails.ts";
import { createdEmail, fileEmail, parseMailboxIds } from "./file-email.ts";
import { composeEmails, type ReadyEmail } from "./make-emails.ts";
import { actualId, type JmapContext, JmapError } from "./method.ts";
import { setErrorOf, SetResult } from "./set-result.ts";

/** @throws {JmapError} stateMismatch @throws {MailError} account_unknown, unavailable */
export async function setEmails(context: JmapContext, args: SetArguments): Promise<JsonObject> {
  const result = new SetResult();
  const ready = await composeEmails(context, args.create ?? {}, result);
  return fileAndChange(context, args, ready, result);
}

/** Files new emails, changes and destroys others in one transaction, then wakes who watches the account. */
export async function fileAndChange(
  context: JmapContext,
  args: Omit<SetArguments, "create">,
  ready: readonly ReadyEmail[],
  result: SetResult,
): Promise<JsonObject> {
  const { store } = context.deps;
  const { tenantId, accountId } = context.principal;
  const [oldState, newState] = await store.db.tenant(tenantId, async (tx) => {
    // The account stays locked from here on, so the state that was compared is the state that is changed.
    const before = (await bumpModseq(tx, accountId)) - 1;
    if (args.ifInState !== undefined && args.ifInState !== null && args.ifInState !== String(before))
      throw new JmapError("stateMismatch");
    const mailboxes = new Set((await listMailboxes(tx, accountId)).map((box) => box.id));
    for (const { creationId, message, flags, receivedAt, mailboxIds } of ready)
      try {
        const boxes = parseMailboxIds(context, mailboxIds, mailboxes);
        const email = await fileEmail(tx, accountId, message, { mailboxIds: boxes, flags, receivedAt });
        result.created[creationId] = createdEmail(email);
      } catch (error) {
        result.notCreated[creationId] = setErrorOf(error);
      }
    for (const [creationId, email] of Object.entries(result.created))
      context.createdIds.set(creationId, String(email["id"]));
    const work = { tx, context, accountId, mailboxes, result };
    await updateEmails(work, patchesToMake(context, args, result));
    await destroyEmails(work, args.destroy ?? []);
    return [before, await readModseq(tx, accountId)];
  });
  store.changes.committed(tenantId, [accountId]);
  return result.toResponse(context.accountId, String(oldState), String(newState));
}

/** What is to be destroyed in the same call is not changed before (RFC 8620 §5.3, `willDestroy`). */
function patchesToMake(
  context: JmapContext,
  args: Omit<SetArguments, "create">,
  result: SetResult,
): ReadonlyMap<string, JsonObject> {
  const doomed = new Set((args.destroy ?? []).map((id) => actualId(context, id)));
  const patches = new Map<string, JsonObject>();
  for (const [given, patch] of Object.entries(args.update ?? {})) {
    const id = actualId(context, given);
    if (id === undefined) result.notUpdated[given] = { type: "notFound" };
    else if (doomed.has(id)) result.notUpdated[id] = { type: "willDestroy" };
    else patches.set(id, patch);
  }
  return patches;
}
