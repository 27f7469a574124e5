import { printSearch, printSort } from "../../../src/protocol/imap/index.ts";
import type { ImapSession } from "../session.ts";
import { Slices } from "./slices.ts";

/** Numbers that are printed in one go. */
const AT_ONCE = 5_000;

/** Sends a SEARCH or SORT response; a long one in pieces, as fast as the client takes it. @throws {ConnectionClosed} */
export async function sendNumbers(
  session: ImapSession,
  kind: "SEARCH" | "SORT",
  numbers: readonly number[],
  modseq: number | undefined,
): Promise<void> {
  if (numbers.length <= AT_ONCE) {
    await session.send(kind === "SORT" ? printSort(numbers, modseq) : printSearch(numbers, modseq));
    return;
  }
  const slices = new Slices(session);
  await session.connection.write(`* ${kind}`);
  for (let at = 0; at < numbers.length; at += AT_ONCE) {
    await session.connection.write(` ${numbers.slice(at, at + AT_ONCE).join(" ")}`);
    await slices.pause();
  }
  await session.send(modseq === undefined ? "" : ` (MODSEQ ${modseq})`);
}
