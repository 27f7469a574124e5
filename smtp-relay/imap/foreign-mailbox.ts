import { may, readRights } from "../../src/mailstore/index.ts";
import { printFlags } from "../../src/protocol/imap/index.ts";
import { permanentFlags } from "./flags.ts";
import { requireRights } from "./namespaces.ts";
import type { ImapSession } from "./session.ts";

// Somebody else's mailbox is selected: what may be done with it is read again each time, so that a change counts at once, whoever
// makes it in whichever process. The own ones cost nothing.

/** @throws {MailError} forbidden, mailbox_unknown: it may not be read any more */
export async function requireReadable(session: ImapSession): Promise<void> {
  if (!session.isForeign) return;
  await refresh(session);
  requireRights(session.box.rights, "r");
}

/** Whether news of the mailbox may be told. The client hears which flags it can change from now on, when that is something else. */
export async function mayHearNews(session: ImapSession): Promise<boolean> {
  if (!session.isForeign) return true;
  const { box } = session;
  await refresh(session);
  if (!may(box.rights, "r")) return false;
  const now = printFlags(permanentFlags(box.rights));
  const isNew = now !== printFlags(permanentFlags(box.toldRights));
  if (isNew && !box.isReadOnly) await session.send(`* OK [PERMANENTFLAGS ${now}] kept from now on`);
  box.toldRights = box.rights;
  return true;
}

async function refresh(session: ImapSession): Promise<void> {
  const { box } = session;
  box.rights = await session.transaction((tx, me) => readRights(tx, me, box.id));
}
