import type { TenantTx } from "../../../src/db/index.ts";
import {
  ALL_RIGHTS,
  type Copied,
  type UidRange,
  copyAcross,
  copyPlacements,
  moveAcross,
  movePlacements,
} from "../../../src/mailstore/index.ts";
import { printRanges, rangesOf } from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, type Completion, bad, no, ok } from "../completion.ts";
import { changeableFlags } from "../flags.ts";
import type { NamedMailbox } from "../mailbox-tree.ts";
import { findTarget, requireRights } from "../namespaces.ts";
import { highestModseqCode } from "../highest-modseq.ts";
import { resolveSet } from "../message-set.ts";
import type { CommandOf } from "../../../src/protocol/imap/index.ts";
import type { ImapSession } from "../session.ts";

/** RFC 9051 §6.4.7. */
export const copy: CommandSpec<"COPY"> = {
  allowedIn: "selected",
  news: "hinted",
  async run(session, command) {
    const code = await transfer(session, command);
    return typeof code === "string" ? ok("copied", code) : (code ?? ok("no messages, nothing to copy"));
  },
};

/** RFC 9051 §6.4.8. */
export const move: CommandSpec<"MOVE"> = {
  allowedIn: "selected",
  news: "all",
  async run(session, command) {
    if (session.box.isReadOnly) return no("the mailbox is open for reading only");
    const code = await transfer(session, command);
    if (typeof code !== "string") return code ?? ok("no messages, nothing to move");
    // RFC 6851 §4.3: told before the EXPUNGE responses, so that a client can match them.
    await session.send(`* OK [${code}] moved`);
    return { ...ok("moved"), codeLater: () => highestModseqCode(session) };
  },
};

/** @returns the COPYUID code; undefined when there was nothing to transfer */
async function transfer(
  session: ImapSession,
  { name, set, uid, mailbox }: CommandOf<"COPY"> | CommandOf<"MOVE">,
): Promise<string | Completion | undefined> {
  const { box } = session;
  const uids = await resolveSet(session, set, uid);
  if (uids === undefined) return bad("there are fewer messages than that");
  const done = await session.inBox(async (tx) => {
    // RFC 6851 §3.3: a move is a copy, \Deleted, and an expunge.
    if (name === "MOVE") requireRights(box.rights, "te", true);
    const target = await findTarget(tx, session.signedIn.accountId, mailbox);
    const copied = uids.length === 0 ? [] : await transferTo(tx, session, name, uids, target);
    return { copied, accountId: target.accountId, uidValidity: target.box.uidValidity };
  });
  if (done.copied.length === 0) return undefined;
  session.changed(box.accountId, done.accountId);
  return copyUid(done.uidValidity, done.copied);
}

/** Flags come along as far as they may be set there (RFC 4314 §4). */
function transferTo(
  tx: TenantTx,
  { box }: ImapSession,
  name: "COPY" | "MOVE",
  uids: readonly UidRange[],
  target: NamedMailbox,
): Promise<Copied[]> {
  const from = { accountId: box.accountId, mailboxId: box.id, uids };
  const to = { accountId: target.accountId, mailboxId: target.box.id };
  const options = target.rights === ALL_RIGHTS ? {} : { flags: changeableFlags(target.rights) };
  if (from.accountId !== to.accountId)
    return name === "MOVE" ? moveAcross(tx, from, to, options) : copyAcross(tx, from, to, options);
  const work = name === "MOVE" ? movePlacements : copyPlacements;
  return work(tx, to.accountId, from, to.mailboxId, options);
}

/** RFC 4315 §3: both sets in the order of the copies, so that they match one by one. */
function copyUid(uidValidity: number, copied: readonly Copied[]): string {
  const from = printRanges(rangesOf(copied.map((one) => one.from)));
  const to = printRanges(rangesOf(copied.map((one) => one.to)));
  return `COPYUID ${uidValidity} ${from} ${to}`;
}
