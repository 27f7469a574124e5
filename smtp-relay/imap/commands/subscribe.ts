import { MailError } from "../../../src/kernel/error.ts";
import { setSharedSubscription, updateMailbox } from "../../../src/mailstore/index.ts";
import { type CommandSpec, type Completion, ok } from "../completion.ts";
import { readNamesAround, requireRights } from "../namespaces.ts";
import type { ImapSession } from "../session.ts";

/** RFC 9051 §6.3.7. */
export const subscribe: CommandSpec<"SUBSCRIBE"> = {
  allowedIn: "authenticated",
  news: "hinted",
  run: (session, { mailbox }) => setSubscribed(session, mailbox, true),
};

/** RFC 9051 §6.3.8. */
export const unsubscribe: CommandSpec<"UNSUBSCRIBE"> = {
  allowedIn: "authenticated",
  news: "hinted",
  run: (session, { mailbox }) => setSubscribed(session, mailbox, false),
};

async function setSubscribed(session: ImapSession, path: string, isSubscribed: boolean): Promise<Completion> {
  const isNew = await session.transaction(async (tx, accountId) => {
    const found = (await readNamesAround(tx, accountId, path)).find(path);
    if (isSubscribed) {
      if (found === undefined) throw new MailError("mailbox_unknown", {});
      requireRights(found.rights, "l");
    }
    // RFC 9051 §6.3.8 wants no error for a name that is not subscribed: old clients clean up after a DELETE.
    if (found === undefined || found.box.isSubscribed === isSubscribed) return false;
    if (found.accountId === accountId) await updateMailbox(tx, accountId, found.box.id, { isSubscribed });
    else await setSharedSubscription(tx, accountId, found.box.id, isSubscribed);
    return true;
  });
  if (isNew) session.changed();
  return ok(isSubscribed ? "subscribed" : "unsubscribed");
}
