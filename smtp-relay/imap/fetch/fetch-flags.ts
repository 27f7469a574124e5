import { type FlagRows, type UidRange, listFlagRows } from "../../../src/mailstore/index.ts";
import { type FetchItem, printFlags } from "../../../src/protocol/imap/index.ts";
import { printableFlags } from "../flags.ts";
import { requireReadable } from "../foreign-mailbox.ts";
import { knowUid } from "../know-uids.ts";
import type { ImapSession } from "../session.ts";

// The most asked for of large mailboxes: flags, and nothing that has to be looked for.

/** Messages that are read at once, and told at once. */
const READ = 10_000;
const TOLD = 500;

/** Whether a FETCH asks for nothing else. */
export function asksFlagsOnly(items: readonly FetchItem[]): boolean {
  return items.every(({ item }) => item === "FLAGS" || item === "UID" || item === "MODSEQ");
}

/** Tells flags, UIDs and modification sequences. @throws {MailError} unavailable */
export async function fetchFlags(
  session: ImapSession,
  items: readonly FetchItem[],
  uids: readonly UidRange[],
  changedSince: number | undefined,
): Promise<void> {
  const { box, deps, signedIn } = session;
  const key = { accountId: box.accountId, mailboxId: box.id, limit: READ };
  const print = printer(session, items);
  let left = uids;
  while (left.length > 0) {
    // A long answer ends when the right to read does.
    if (left !== uids) await requireReadable(session);
    const wanted = { ...key, uids: left, changedSince, fewChanges: left === uids };
    const rows = await listFlagRows(deps.store.db, signedIn.tenantId, wanted);
    const [lowest] = rows.uids;
    if (lowest !== undefined && !session.enabled.has("UIDONLY")) await knowUid(session, lowest);
    for (let from = 0; from < rows.uids.length; from += TOLD) {
      const lines: string[] = [];
      for (let at = from; at < Math.min(from + TOLD, rows.uids.length); at++) lines.push(print(rows, at));
      await session.connection.write(lines.join(""));
    }
    const last = rows.uids.at(-1);
    if (last === undefined || rows.uids.length < READ) return;
    left = left.filter(({ hi }) => hi > last).map(({ lo, hi }) => ({ lo: Math.max(lo, last + 1), hi }));
  }
}

/** One message as a whole line; "" for one that the client does not know. */
function printer(session: ImapSession, items: readonly FetchItem[]): (rows: FlagRows, at: number) => string {
  const { box, enabled } = session;
  const isUidOnly = enabled.has("UIDONLY");
  const showsRecent = !enabled.has("IMAP4REV2") && box.recent.length > 0;
  const printed = new Map<number, string>();
  const flagsOf = (bits: number, keywords: readonly string[] | undefined, isRecent: boolean): string => {
    if (keywords !== undefined) return printFlags(printableFlags({ bits, keywords }, isRecent));
    const form = bits * 2 + Number(isRecent);
    const known = printed.get(form) ?? printFlags(printableFlags({ bits, keywords: [] }, isRecent));
    printed.set(form, known);
    return known;
  };
  return (rows, at) => {
    const uid = rows.uids[at] ?? 0;
    const number = isUidOnly ? uid : box.numberOf(uid);
    if (number === undefined) return "";
    const parts = items.map(({ item }) => {
      if (item === "UID") return `UID ${uid}`;
      if (item === "MODSEQ") return `MODSEQ (${rows.modseqs[at] ?? 0})`;
      const flags = flagsOf(rows.bits[at] ?? 0, rows.keywords.get(uid), showsRecent && box.isRecent(uid));
      return `FLAGS ${flags}`;
    });
    return `* ${number} ${isUidOnly ? "UIDFETCH" : "FETCH"} (${parts.join(" ")})\r\n`;
  };
}
