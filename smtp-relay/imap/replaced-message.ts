import type { TenantTx } from "../../src/db/index.ts";
import { MailError } from "../../src/kernel/error.ts";
import type { AccountId } from "../../src/kernel/id.ts";
import { expunge, listPlacements, may, readRights } from "../../src/mailstore/index.ts";
import type { CommandOf } from "../../src/protocol/imap/index.ts";
import { type Completion, bad, no, refusal } from "./completion.ts";
import { requireRights } from "./namespaces.ts";
import { resolveSet } from "./message-set.ts";
import type { ImapSession } from "./session.ts";
import { wantsUids } from "./uid-only.ts";

/** The message that REPLACE puts another in the place of. */
export interface Replaced {
  readonly uid: number;
  readonly accountId: AccountId;
  /** What becomes free in its account. */
  readonly sizeBytes: number;
}

/** Finds the message of a REPLACE (RFC 8508 §3). @returns what is wrong when there is none */
export async function findReplaced(
  session: ImapSession,
  command: CommandOf<"REPLACE">,
): Promise<Replaced | Completion> {
  const { uid, set } = command;
  if (session.selected === undefined) return bad("select a mailbox first");
  const wrong = wantsUids(session, command);
  if (wrong !== undefined) return wrong;
  const { box } = session;
  if (box.isReadOnly) return no("the mailbox is open for reading only");
  try {
    const uids = await resolveSet(session, set, uid);
    if (uids === undefined) return bad("there are fewer messages than that");
    const [found] = uids.length === 0 ? [] : await session.inBox((tx) => listPlacements(tx, box.id, uids, 1));
    if (found === undefined) return no("there is no such message", "NONEXISTENT");
    if (!may(box.rights, "te")) return refusal("forbidden");
    return { uid: found.uid, accountId: box.accountId, sizeBytes: found.size };
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    return refusal(error.code);
  }
}

/** Hides the old message, in the commit that stores the new one. @throws {MailError} email_unknown: somebody else did before */
export async function hideReplaced(
  tx: TenantTx,
  session: ImapSession,
  { uid, accountId }: Replaced,
): Promise<void> {
  if (session.isForeign)
    requireRights(await readRights(tx, session.signedIn.accountId, session.box.id), "rte");
  const only = { mailboxId: session.box.id, uids: [{ lo: uid, hi: uid }] };
  const gone = await expunge(tx, accountId, only, "all");
  if (gone.length === 0) throw new MailError("email_unknown", { uid });
}
