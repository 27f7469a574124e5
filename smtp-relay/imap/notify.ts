import { type Placement, claimRecent, listPlacementChanges, readModseq } from "../../src/mailstore/index.ts";
import { printFlags } from "../../src/protocol/imap/index.ts";
import { printableFlags } from "./flags.ts";
import type { SelectedMailbox } from "./selected-mailbox.ts";
import type { ImapSession } from "./session.ts";

/**
 * Tells the client what happened in its mailbox since it was last told: by other sessions, by deliveries, by itself.
 * @param mayExpunge false while the client may be counting: then messages keep their numbers until later
 * @throws {MailError} unavailable: nothing was told, and it is still to be told
 */
export async function tellNews(session: ImapSession, mayExpunge: boolean): Promise<void> {
  const { box } = session;
  box.isDirty = false;
  try {
    const news = await session.transaction(async (tx, accountId) => {
      // Read first: whatever commits between the two statements is told now, and once more the next time.
      const modseq = await readModseq(tx, accountId);
      if (modseq === box.modseq) return undefined;
      const changes = await listPlacementChanges(tx, accountId, box.id, box.modseq);
      const brings = changes.changed.some(({ uid }) => uid > box.lastUid);
      const recentFrom = brings && !box.isReadOnly ? await claimRecent(tx, accountId, box.id) : undefined;
      return { modseq, changes, recentFrom };
    });
    if (news !== undefined) {
      const { modseq, changes, recentFrom } = news;
      box.modseq = modseq;
      box.expunged = [...new Set([...box.expunged, ...changes.expunged])].filter((uid) => box.numberOf(uid));
      await tellFlags(session, box, changes.changed);
      if (mayExpunge) await tellExpunged(session, box);
      await tellNew(session, box, changes.changed, recentFrom);
      for (const own of box.ownModseqs) if (own <= modseq) box.ownModseqs.delete(own);
    } else if (mayExpunge) await tellExpunged(session, box);
  } catch (error) {
    box.isDirty = true;
    throw error;
  }
}

async function tellExpunged(session: ImapSession, box: SelectedMailbox): Promise<void> {
  if (box.expunged.length === 0) return;
  const numbers = box.remove(box.expunged);
  box.expunged = [];
  for (const number of numbers) await session.send(`* ${number} EXPUNGE`);
}

async function tellNew(
  session: ImapSession,
  box: SelectedMailbox,
  changed: readonly Placement[],
  recentFrom: number | undefined,
): Promise<void> {
  const uids = changed.map(({ uid }) => uid).filter((uid) => uid > box.lastUid);
  const last = uids.at(-1);
  if (last === undefined) return;
  box.append(uids);
  if (recentFrom !== undefined && recentFrom <= last)
    box.recent = [...box.recent, { lo: recentFrom, hi: last }];
  await session.send(`* ${box.count} EXISTS`);
  if (!session.enabled.has("IMAP4REV2")) await session.send(`* ${box.countRecent()} RECENT`);
}

async function tellFlags(
  session: ImapSession,
  box: SelectedMailbox,
  changed: readonly Placement[],
): Promise<void> {
  for (const placement of changed) {
    const number = box.numberOf(placement.uid);
    if (number === undefined || box.ownModseqs.has(placement.modseq)) continue;
    await session.send(`* ${number} FETCH (${printState(session, placement)})`);
  }
}

/** What an unasked FETCH response tells of a message: its flags, and for those who can use it, UID and MODSEQ. */
function printState(session: ImapSession, placement: Placement): string {
  const flags = `FLAGS ${printFlags(flagsOf(session, placement))}`;
  const condstore = session.enabled.has("CONDSTORE");
  const uid = condstore || session.enabled.has("IMAP4REV2") ? `UID ${placement.uid} ` : "";
  return `${uid}${flags}${condstore ? ` MODSEQ (${placement.modseq})` : ""}`;
}

/** The flags of a message as this session sees them. */
export function flagsOf(session: ImapSession, placement: Placement): string[] {
  const isRecent = !session.enabled.has("IMAP4REV2") && session.box.isRecent(placement.uid);
  return printableFlags(placement, isRecent);
}
