import { WIRE } from "../../../src/kernel/error.ts";
import { type Copied, copyPlacements, movePlacements } from "../../../src/mailstore/index.ts";
import { printRanges, rangesOf } from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, type Completion, bad, no, ok } from "../completion.ts";
import { highestModseqCode } from "../highest-modseq.ts";
import { readTree } from "../mailbox-tree.ts";
import { resolveSet } from "../message-set.ts";
import type { CommandOf } from "../../../src/protocol/imap/index.ts";
import type { ImapSession } from "../session.ts";

/** RFC 9051 §6.4.7. */
export const copy: CommandSpec<"COPY"> = {
  allowedIn: "selected",
  news: "hinted",
  async run(session, command) {
    const code = await transfer(session, command, copyPlacements);
    return typeof code === "string" ? ok("copied", code) : (code ?? ok("no messages, nothing to copy"));
  },
};

/** RFC 9051 §6.4.8. */
export const move: CommandSpec<"MOVE"> = {
  allowedIn: "selected",
  news: "all",
  async run(session, command) {
    if (session.box.isReadOnly) return no("the mailbox is open for reading only");
    const code = await transfer(session, command, movePlacements);
    if (typeof code !== "string") return code ?? ok("no messages, nothing to move");
    // RFC 6851 §4.3: told before the EXPUNGE responses, so that a client can match them.
    await session.send(`* OK [${code}] moved`);
    return { ...ok("moved"), codeLater: () => highestModseqCode(session) };
  },
};

/** @returns the COPYUID code; undefined when there was nothing to transfer */
async function transfer(
  session: ImapSession,
  { set, uid, mailbox }: CommandOf<"COPY"> | CommandOf<"MOVE">,
  work: typeof movePlacements,
): Promise<string | Completion | undefined> {
  const { box } = session;
  const uids = await resolveSet(session, set, uid);
  if (uids === undefined) return bad("there are fewer messages than that");
  const done = await session.inBox(async (tx, accountId) => {
    const target = (await readTree(tx, accountId)).find(mailbox);
    if (target === undefined) return undefined;
    const copied =
      uids.length === 0 ? [] : await work(tx, accountId, { mailboxId: box.id, uids }, target.box.id);
    return { copied, uidValidity: target.box.uidValidity };
  });
  if (done === undefined) return no(WIRE.mailbox_unknown.text, "TRYCREATE");
  if (done.copied.length === 0) return undefined;
  session.changed(box.accountId);
  return copyUid(done.uidValidity, done.copied);
}

/** RFC 4315 §3: both sets in the order of the copies, so that they match one by one. */
function copyUid(uidValidity: number, copied: readonly Copied[]): string {
  const from = printRanges(rangesOf(copied.map((one) => one.from)));
  const to = printRanges(rangesOf(copied.map((one) => one.to)));
  return `COPYUID ${uidValidity} ${from} ${to}`;
}
