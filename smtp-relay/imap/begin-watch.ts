import { readModseq } from "../../src/mailstore/index.ts";
import type { NotifyGroup } from "../../src/protocol/imap/index.ts";
import { AccountWatch } from "./account-watch.ts";
import { readTree } from "./mailbox-tree.ts";
import { readNames } from "./namespaces.ts";
import type { ImapSession } from "./session.ts";

/** Watches the account for what NOTIFY has asked for, and for annotations where they are enabled (RFC 5464 §4.4.2).
 * @returns undefined when nothing is to be watched @throws {MailError} unavailable: it is as it was */
export async function beginWatch(
  session: ImapSession,
  groups: readonly NotifyGroup[],
): Promise<AccountWatch | undefined> {
  const { enabled, connection } = session;
  if (groups.length === 0 && !enabled.has("METADATA") && !enabled.has("METADATA-SERVER")) {
    session.endWatching();
    return undefined;
  }
  const watch = new AccountWatch(session.signedIn.accountId, groups, enabled, () => connection.interrupt());
  const { tree, modseq } = await session.transaction(async (tx, accountId) => ({
    // The counter first: what changes in between is told twice, not never.
    modseq: await readModseq(tx, accountId),
    tree: await (watch.reaches ? readNames : readTree)(tx, accountId),
  }));
  watch.known = new Map(tree.all.map((named) => [named.box.id, named]));
  watch.modseq = modseq;
  const box = session.selected;
  if (box !== undefined) watch.fetched = { box, uid: box.highestTold };
  session.watchAccount(watch);
  // Between the look and the watch something may have changed.
  watch.isDirty = true;
  return watch;
}
