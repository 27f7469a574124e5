import { ALL_UIDS, type UidRange } from "../../../src/mailstore/index.ts";
import { type CommandSpec, type Completion, no, ok } from "../completion.ts";
import { requireRights } from "../namespaces.ts";
import { expungeDeleted } from "../expunge-deleted.ts";
import { highestModseqCode } from "../highest-modseq.ts";
import { resolveSet } from "../message-set.ts";
import type { ImapSession } from "../session.ts";

/** RFC 9051 §6.4.3. The EXPUNGE responses are news like that of any other session. */
export const expunge: CommandSpec<"EXPUNGE"> = {
  allowedIn: "selected",
  news: "all",
  run: (session) => hideDeleted(session, ALL_UIDS),
};

/** RFC 9051 §6.4.9. */
export const uidExpunge: CommandSpec<"UID EXPUNGE"> = {
  allowedIn: "selected",
  news: "all",
  run: async (session, { set }) => hideDeleted(session, (await resolveSet(session, set, true)) ?? []),
};

async function hideDeleted(session: ImapSession, uids: readonly UidRange[]): Promise<Completion> {
  const { box } = session;
  if (box.isReadOnly) return no("the mailbox is open for reading only");
  if (uids.length === 0) return ok("nothing to do");
  const gone = await session.inBox(async (tx, accountId) => {
    requireRights(box.rights, "e", true);
    return expungeDeleted(tx, accountId, box, uids);
  });
  if (gone.length > 0) session.changed(box.accountId);
  return gone.length === 0
    ? ok("expunged")
    : { ...ok("expunged"), codeLater: () => highestModseqCode(session) };
}
