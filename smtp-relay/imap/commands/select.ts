import { FLAG, claimRecent, findFirstUid, listUids, readModseq } from "../../../src/mailstore/index.ts";
import { printFlags, printList } from "../../../src/protocol/imap/index.ts";
import { printId } from "../../../src/protocol/jmap/jmap-id.ts";
import { type CommandSpec, type Completion, ok } from "../completion.ts";
import { KNOWN_FLAGS } from "../flags.ts";
import { type NamedMailbox, readTree } from "../mailbox-tree.ts";
import { SelectedMailbox } from "../selected-mailbox.ts";
import type { ImapSession } from "../session.ts";
import { MAX_UID } from "../uids.ts";

/** RFC 9051 §6.3.2. */
export const select: CommandSpec<"SELECT"> = {
  allowedIn: "authenticated",
  news: "hinted",
  run: (session, { mailbox, condstore }) => open(session, mailbox, false, condstore),
};

/** RFC 9051 §6.3.3. */
export const examine: CommandSpec<"EXAMINE"> = {
  allowedIn: "authenticated",
  news: "hinted",
  run: (session, { mailbox, condstore }) => open(session, mailbox, true, condstore),
};

async function open(
  session: ImapSession,
  path: string,
  isReadOnly: boolean,
  condstore: boolean,
): Promise<Completion> {
  if (condstore) session.enabled.add("CONDSTORE");
  const wasSelected = session.selected !== undefined;
  // Also when the new one can't be opened, the old one is closed (RFC 9051 §6.3.2).
  session.unselect();
  if (wasSelected) await session.send("* OK [CLOSED] the other mailbox is closed");
  const found = await session.transaction(async (tx, accountId) => {
    const modseq = await readModseq(tx, accountId);
    const named = (await readTree(tx, accountId)).get(path);
    const { box } = named;
    const hasRecent = box.recentFromUid < box.uidNext;
    const recentFrom =
      hasRecent && !isReadOnly ? await claimRecent(tx, accountId, box.id) : box.recentFromUid;
    const uids = await listUids(tx, box.id);
    const unseen =
      box.unseen === 0
        ? undefined
        : await findFirstUid(tx, box.id, { is: "not", of: { is: "bits", bits: FLAG.seen } });
    return { named, modseq, recentFrom, uids, unseen };
  });
  const { named, modseq, recentFrom, uids, unseen } = found;
  const { id, uidValidity } = named.box;
  const box = new SelectedMailbox({ id, name: path, isReadOnly, uidValidity, modseq, uids });
  if (recentFrom <= box.lastUid) box.recent = [{ lo: recentFrom, hi: box.lastUid }];
  session.select(box);
  await describe(session, box, named, unseen);
  return ok("selected", isReadOnly ? "READ-ONLY" : "READ-WRITE");
}

async function describe(
  session: ImapSession,
  box: SelectedMailbox,
  named: NamedMailbox,
  unseen: number | undefined,
): Promise<void> {
  const isRev2 = session.enabled.has("IMAP4REV2");
  await session.send(`* FLAGS ${printFlags(KNOWN_FLAGS)}`);
  const permanent = box.isReadOnly ? "()" : printFlags([...KNOWN_FLAGS, "\\*"]);
  await session.send(`* OK [PERMANENTFLAGS ${permanent}] kept`);
  await session.send(`* ${box.count} EXISTS`);
  if (!isRev2) await session.send(`* ${box.countRecent()} RECENT`);
  const first = unseen === undefined ? undefined : box.numberOf(unseen);
  if (!isRev2 && first !== undefined) await session.send(`* OK [UNSEEN ${first}] first unseen`);
  await session.send(`* OK [UIDVALIDITY ${box.uidValidity}] UIDs valid`);
  await session.send(`* OK [UIDNEXT ${Math.min(named.box.uidNext, MAX_UID)}] next UID`);
  await session.send(`* OK [HIGHESTMODSEQ ${named.box.contentModseq}] changes so far`);
  await session.send(`* OK [MAILBOXID (${printId("mailbox", box.id)})] never used again`);
  if (isRev2) await session.send(printList("LIST", { name: box.name, attributes: [] }, session.nameEncoding));
}
