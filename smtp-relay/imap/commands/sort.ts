import { completeSearchKeys, sortPlacements, type UidRange } from "../../../src/mailstore/index.ts";
import { printEsearch, type SortCriterion } from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, ok } from "../completion.ts";
import { modseqOf, numbersOf, rangesInSlices, runProgram } from "../search/search-program.ts";
import { sendNumbers } from "../search/send-numbers.ts";
import { Slices } from "../search/slices.ts";
import type { ImapSession } from "../session.ts";
import { resultOf } from "./search.ts";

/** RFC 5256 §3, with SORT=DISPLAY (RFC 5957) and ESORT (RFC 5267 §3). */
export const sort: CommandSpec<"SORT"> = {
  allowedIn: "selected",
  news: ({ uid }) => (uid ? "hinted" : "no-expunge"),
  async run(session, command) {
    const { uid, by, returns } = command;
    const found = await runProgram(session, command);
    if ("is" in found) return found;
    const modseq = await modseqOf(session, found, command);
    const sorted = await sortUids(session, await rangesInSlices(session, found.uids), by);
    const numbers = await numbersOf(session, uid, sorted, found.uids[0]);
    if (returns === undefined) await sendNumbers(session, "SORT", numbers, modseq);
    else if (returns.length !== 1 || !returns.includes("SAVE"))
      await session.send(printEsearch(resultOf(command, numbers, modseq)));
    return ok("done");
  },
};

/** Sorts in PostgreSQL; where that lacks the keys of messages, they are made first. @throws {MailError} */
async function sortUids(
  session: ImapSession,
  uids: readonly UidRange[],
  by: readonly SortCriterion[],
): Promise<readonly number[]> {
  const { box, deps, signedIn } = session;
  if (uids.length === 0) return [];
  let sorted = await session.inBox((tx) => sortPlacements(tx, box.id, uids, by));
  if (sorted.keyless > 0) {
    const { pause } = new Slices(session);
    await completeSearchKeys(deps.store, signedIn.tenantId, box.id, uids, pause);
    sorted = await session.inBox((tx) => sortPlacements(tx, box.id, uids, by));
  }
  return [...sorted.uids];
}
