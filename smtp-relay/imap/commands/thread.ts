import {
  completeSearchKeys,
  listThreadRows,
  type ThreadRow,
  type UidRange,
} from "../../../src/mailstore/index.ts";
import {
  printThreads,
  threadByOrderedSubject,
  threadByReferences,
  type ThreadMessage,
} from "../../../src/protocol/thread/index.ts";
import { type CommandSpec, no, ok } from "../completion.ts";
import { rangesWithin } from "../message-set.ts";
import { numbersOf, runProgram } from "../search/search-program.ts";
import { inSlices, Slices } from "../search/slices.ts";
import type { ImapSession } from "../session.ts";

/** Most messages of one THREAD: they are in memory together, with about 1 KB each. */
const THREADED_MAX = 200_000;
/** Read in one go. */
const PAGE = 2_000;

/** RFC 5256 §3: THREAD=REFERENCES and THREAD=ORDEREDSUBJECT. */
export const thread: CommandSpec<"THREAD"> = {
  allowedIn: "selected",
  news: ({ uid }) => (uid ? "hinted" : "no-expunge"),
  async run(session, command) {
    const found = await runProgram(session, command);
    if ("is" in found) return found;
    if (found.uids.length > THREADED_MAX) return no("that is too many messages for threads", "LIMIT");
    const slices = new Slices(session);
    const rows = await readRows(session, found.uids, slices);
    const numbers = await numbersOf(
      session,
      command.uid,
      rows.map(({ uid }) => uid),
    );
    const messages = rows.map((row, i) => messageOf(row, numbers[i] ?? row.uid));
    const makeThreads = command.algorithm === "references" ? threadByReferences : threadByOrderedSubject;
    const threads = await inSlices(makeThreads(messages), slices);
    const text = await inSlices(printThreads(threads), slices);
    await session.send(text === "" ? "* THREAD" : `* THREAD ${text}`);
    return ok("done");
  },
};

/** Reads what threads are made of; what PostgreSQL has not yet is made first. @throws {MailError} */
async function readRows(
  session: ImapSession,
  uids: readonly number[],
  slices: Slices,
): Promise<readonly ThreadRow[]> {
  const { box, deps, signedIn } = session;
  const rows: ThreadRow[] = [];
  for (let at = 0; at < uids.length; at += PAGE) {
    const ranges: readonly UidRange[] = rangesWithin(box, uids.slice(at, at + PAGE));
    const read = (): Promise<ThreadRow[]> => session.inBox((tx) => listThreadRows(tx, box.id, ranges, PAGE));
    let page = await read();
    if (page.some(({ refs }) => refs === null)) {
      await completeSearchKeys(deps.store, signedIn.tenantId, box.id, ranges, slices.pause);
      page = await read();
    }
    for (const row of page) rows.push(row);
    await slices.pause();
  }
  return rows;
}

function messageOf({ sentMs, baseSubject, isReply, refs }: ThreadRow, number: number): ThreadMessage {
  const [id, ...others] = refs === null ? [0] : namesOf(refs);
  return {
    number,
    sentMs,
    baseSubject: baseSubject ?? "",
    isReply: isReply ?? false,
    id: id === 0 ? undefined : id,
    refs: others,
  };
}

/** The hashes of message ids, 52 bits of each: what JavaScript compares fast. */
function namesOf(refs: Uint8Array): number[] {
  const view = new DataView(refs.buffer, refs.byteOffset, refs.byteLength);
  return Array.from(
    { length: refs.byteLength / 8 },
    (_, i) => view.getUint32(i * 8) * 2 ** 20 + (view.getUint32(i * 8 + 4) >>> 12),
  );
}
