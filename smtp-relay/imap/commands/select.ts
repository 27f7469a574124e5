import { MailError } from "../../../src/kernel/error.ts";
import {
  ALL_RIGHTS,
  type OpenedKey,
  type OpenedMailbox,
  type Rights,
  listMailboxesAtOnce,
  may,
  openMailbox,
} from "../../../src/mailstore/index.ts";
import { type CommandOf, printFlags, printList } from "../../../src/protocol/imap/index.ts";
import { printId } from "../../../src/protocol/jmap/jmap-id.ts";
import { type CommandSpec, type Completion, bad, ok } from "../completion.ts";
import { KNOWN_FLAGS, permanentFlags } from "../flags.ts";
import { countRecent } from "../know-uids.ts";
import { MailboxTree, ownBranch } from "../mailbox-tree.ts";
import { findMailbox, isReserved } from "../namespaces.ts";
import { resynchronize } from "../resynchronize.ts";
import { SelectedMailbox, TAIL } from "../selected-mailbox.ts";
import type { ImapSession } from "../session.ts";
import { MAX_UID } from "../uids.ts";

/** RFC 9051 §6.3.2. */
export const select: CommandSpec<"SELECT"> = {
  allowedIn: "authenticated",
  news: "hinted",
  run: (session, command) => open(session, command, false),
};

/** RFC 9051 §6.3.3. */
export const examine: CommandSpec<"EXAMINE"> = {
  allowedIn: "authenticated",
  news: "hinted",
  run: (session, command) => open(session, command, true),
};

async function open(
  session: ImapSession,
  { mailbox: path, condstore, qresync }: CommandOf<"SELECT"> | CommandOf<"EXAMINE">,
  isReadOnly: boolean,
): Promise<Completion> {
  // RFC 7162 §3.2.5
  if (qresync !== undefined && !session.enabled.has("QRESYNC")) return bad("enable QRESYNC first");
  if (condstore) session.enabled.add("CONDSTORE");
  const wasSelected = session.selected !== undefined;
  // Also when the new one can't be opened, the old one is closed (RFC 9051 §6.3.2).
  session.unselect();
  if (wasSelected) await session.send("* OK [CLOSED] the other mailbox is closed");
  const { deps, signedIn } = session;
  const { key, rights } = await find(session, path);
  const claim = !isReadOnly && !session.enabled.has("IMAP4REV2");
  const opened = await openMailbox(deps.store.db, signedIn.tenantId, key, deps.viewTail ?? TAIL, claim);
  if (opened === undefined) throw new MailError("mailbox_unknown", {});
  const { id, uidValidity, uidNext, total, contentModseq } = opened.box;
  const names = { id, accountId: key.accountId, name: path, isReadOnly };
  const view = { ...names, uidValidity, uidNext, highestModseq: contentModseq };
  const box = new SelectedMailbox({ ...view, modseq: opened.modseq, uids: opened.tail, count: total });
  box.rights = rights;
  box.toldRights = rights;
  const { recentFromUid } = opened.box;
  if (opened.recent !== undefined) box.recent = [opened.recent];
  else if (isReadOnly && recentFromUid < uidNext) box.recent = [{ lo: recentFromUid, hi: uidNext - 1 }];
  session.select(box);
  await describe(session, box, opened);
  if (qresync !== undefined) await resynchronize(session, qresync);
  return ok("selected", isReadOnly || !mayChange(rights) ? "READ-ONLY" : "READ-WRITE");
}

/** Which mailbox a name is, and what may be done with it. The inbox has its role besides its name: nothing is asked for it.
 * @throws {MailError} mailbox_unknown, forbidden */
async function find(session: ImapSession, path: string): Promise<{ key: OpenedKey; rights: Rights }> {
  const { deps, signedIn } = session;
  const { tenantId, accountId } = signedIn;
  if (path === "INBOX") return { key: { accountId, role: "inbox" }, rights: ALL_RIGHTS };
  const named = isReserved(path)
    ? await session.transaction((tx, me) => findMailbox(tx, me, path, "r"))
    : new MailboxTree([
        ownBranch(accountId, await listMailboxesAtOnce(deps.store.db, tenantId, accountId)),
      ]).get(path);
  return { key: { accountId: named.accountId, mailboxId: named.box.id }, rights: named.rights };
}

/** RFC 4314 §5.2: any of the rights that change what is in a mailbox makes it one for writing. */
function mayChange(rights: Rights): boolean {
  return ["i", "e", "s", "t", "w"].some((letter) => may(rights, letter));
}

async function describe(session: ImapSession, box: SelectedMailbox, opened: OpenedMailbox): Promise<void> {
  const isRev2 = session.enabled.has("IMAP4REV2");
  await session.send(`* FLAGS ${printFlags(KNOWN_FLAGS)}`);
  const permanent = box.isReadOnly ? "()" : printFlags(permanentFlags(box.rights));
  await session.send(`* OK [PERMANENTFLAGS ${permanent}] kept`);
  await session.send(`* ${box.count} EXISTS`);
  if (!isRev2) await session.send(`* ${await countRecent(session)} RECENT`);
  // Left out where it is far from the end: RFC 3501 §7.1 has the client SEARCH then.
  const first = opened.firstUnseen === undefined ? undefined : box.numberOf(opened.firstUnseen);
  const tellsUnseen = !isRev2 && !session.enabled.has("UIDONLY");
  if (tellsUnseen && first !== undefined) await session.send(`* OK [UNSEEN ${first}] first unseen`);
  await session.send(`* OK [UIDVALIDITY ${box.uidValidity}] UIDs valid`);
  await session.send(`* OK [UIDNEXT ${Math.min(opened.box.uidNext, MAX_UID)}] next UID`);
  await session.send(`* OK [HIGHESTMODSEQ ${opened.box.contentModseq}] changes so far`);
  await session.send(`* OK [MAILBOXID (${printId("mailbox", box.id)})] never used again`);
  if (isRev2) await session.send(printList("LIST", { name: box.name, attributes: [] }, session.nameEncoding));
}
