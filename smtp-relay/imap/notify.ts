import {
  type MailboxNews,
  type Placement,
  listChangedPlacements,
  readMailboxNews,
} from "../../src/mailstore/index.ts";
import { printFlags } from "../../src/protocol/imap/index.ts";
import { printableFlags } from "./flags.ts";
import { mayHearNews } from "./foreign-mailbox.ts";
import { countRecent, fetchNameOf, knowNumber, knowUid } from "./know-uids.ts";
import type { SelectedMailbox } from "./selected-mailbox.ts";
import type { ImapSession } from "./session.ts";
import { sendVanished, tellsVanished } from "./vanished.ts";

/** Changed messages that are read at once. */
const AT_ONCE = 1_000;

/**
 * Tells the client what happened in its mailbox since it was last told: by other sessions, by deliveries, by itself.
 * @param mayExpunge false while the client may be counting: then messages keep their numbers until later
 * @throws {MailError} unavailable: nothing was told, and it is still to be told
 */
export async function tellNews(session: ImapSession, mayExpunge: boolean): Promise<void> {
  const { box, deps, signedIn } = session;
  box.isDirty = false;
  try {
    // What is not told now is told when the mailbox may be read again: a change of rights wakes the session.
    if (!(await mayHearNews(session))) return;
    const news = await readMailboxNews(
      deps.store.db,
      signedIn.tenantId,
      { accountId: box.accountId, mailboxId: box.id },
      { since: box.modseq, lastUid: box.highestTold, limit: AT_ONCE, claim: showsRecent(session) },
    );
    if (news !== undefined && wantsFlags(session)) await tellFlags(session, box.modseq, news.changed);
    // All that has to be read is read before anything changes: whatever fails, the next time begins here again.
    const [lowest] = [...box.expunged.slice(0, 1), ...(news?.expunged.slice(0, 1) ?? [])].toSorted(
      (a, b) => a - b,
    );
    if (mayExpunge && lowest !== undefined && !tellsVanished(session)) await knowUid(session, lowest);
    if (news !== undefined) {
      box.highestModseq = news.contentModseq ?? box.highestModseq;
      // From here on the view is what it was at that moment, told or waiting to be.
      box.modseq = news.modseq;
      if (news.expunged.length > 0)
        box.expunged = [...box.expunged, ...news.expunged].toSorted((a, b) => a - b);
    }
    if (mayExpunge) await tellExpunged(session, box);
    if (news !== undefined) await tellNew(session, box, news);
    // What "*" stands for is always known.
    if (box.count > 0) await knowNumber(session, box.count);
    for (const own of box.ownModseqs) if (own <= box.modseq) box.ownModseqs.delete(own);
  } catch (error) {
    box.isDirty = true;
    throw error;
  }
}

/** Whether changed flags are told unasked: NOTIFY may have asked for messages alone (RFC 5465 §5.3). */
function wantsFlags({ watch }: ImapSession): boolean {
  return watch?.selected?.events.has("FlagChange") !== false;
}

/** Whether this session shows which messages are \Recent: IMAP4rev2 has forgotten it. */
function showsRecent(session: ImapSession): boolean {
  return !session.box.isReadOnly && !session.enabled.has("IMAP4REV2");
}

async function tellExpunged(session: ImapSession, box: SelectedMailbox): Promise<void> {
  if (box.expunged.length === 0) return;
  const { expunged } = box;
  box.expunged = [];
  if (tellsVanished(session)) {
    box.vanish(expunged);
    await sendVanished(session, expunged, false);
    return;
  }
  const numbers = box.remove(expunged);
  for (const number of numbers) await session.send(`* ${number} EXPUNGE`);
}

async function tellNew(
  session: ImapSession,
  box: SelectedMailbox,
  { added, recent }: MailboxNews,
): Promise<void> {
  if (added.length === 0) return;
  box.append(added);
  if (recent !== undefined) box.recent = [...box.recent, recent];
  await session.send(`* ${box.count} EXISTS`);
  if (!session.enabled.has("IMAP4REV2")) await session.send(`* ${await countRecent(session)} RECENT`);
}

/** @param since the change counter up to which the client was told */
async function tellFlags(session: ImapSession, since: number, changed: readonly Placement[]): Promise<void> {
  const { box, deps, signedIn } = session;
  const { highestTold } = box;
  let some = changed;
  for (;;) {
    for (const placement of some) {
      if (box.ownModseqs.has(placement.modseq)) continue;
      const name = await fetchNameOf(session, placement.uid);
      if (name !== undefined) await session.send(`* ${name} (${printState(session, placement)})`);
    }
    const last = some.at(-1);
    if (last === undefined || some.length < AT_ONCE) return;
    const uids = { lo: last.uid + 1, hi: highestTold };
    some = await listChangedPlacements(deps.store.db, signedIn.tenantId, box.id, since, uids, AT_ONCE);
  }
}

/** What an unasked FETCH response tells of a message: its flags, and for those who can use it, UID and MODSEQ. */
export function printState(session: ImapSession, placement: Placement): string {
  const flags = `FLAGS ${printFlags(flagsOf(session, placement))}`;
  const condstore = session.enabled.has("CONDSTORE");
  const tellsUid = (condstore || session.enabled.has("IMAP4REV2")) && !session.enabled.has("UIDONLY");
  const uid = tellsUid ? `UID ${placement.uid} ` : "";
  return `${uid}${flags}${condstore ? ` MODSEQ (${placement.modseq})` : ""}`;
}

/** The flags of a message as this session sees them. */
export function flagsOf(session: ImapSession, placement: Placement): string[] {
  const isRecent = !session.enabled.has("IMAP4REV2") && session.box.isRecent(placement.uid);
  return printableFlags(placement, isRecent);
}
