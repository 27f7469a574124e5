import {
  type CommandOf,
  type SearchResult,
  printEsearch,
  placesOf,
  rangesOf,
} from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, bad, ok } from "../completion.ts";
import { modseqOf, numbersOf, runProgram } from "../search/search-program.ts";
import { sendNumbers } from "../search/send-numbers.ts";

/** RFC 9051 §6.4.4, with ESEARCH (RFC 4731), SEARCHRES (RFC 5182), MODSEQ (RFC 7162) and PARTIAL (RFC 9394). */
export const search: CommandSpec<"SEARCH"> = {
  allowedIn: "selected",
  news: ({ uid }) => (uid ? "hinted" : "no-expunge"),
  async run(session, command) {
    const { uid, returns } = command;
    if (command.namesCharset && session.enabled.has("UTF8=ACCEPT")) return bad("everything is in UTF-8 now");
    const found = await runProgram(session, command);
    if ("is" in found) return found;
    const modseq = await modseqOf(session, found, command);
    const numbers = await numbersOf(session, uid, found.uids);
    if (returns === undefined && !session.enabled.has("IMAP4REV2"))
      await sendNumbers(session, "SEARCH", numbers, modseq);
    else if (returns?.length !== 1 || !returns.includes("SAVE"))
      await session.send(printEsearch(resultOf(command, numbers, modseq)));
    return ok("done");
  },
};

/** What ESEARCH tells. @param numbers in the order of the answer */
export function resultOf(
  { tag, uid, returns = ["ALL"], partial }: Pick<CommandOf<"SEARCH">, "tag" | "uid" | "returns" | "partial">,
  numbers: readonly number[],
  highest: number | undefined,
): SearchResult {
  const [min, max] = [numbers.at(0), numbers.at(-1)];
  return {
    tag,
    uid,
    ...(returns.includes("MIN") && min !== undefined ? { min } : {}),
    ...(returns.includes("MAX") && max !== undefined ? { max } : {}),
    ...(returns.includes("COUNT") ? { count: numbers.length } : {}),
    ...(returns.includes("ALL") ? { all: rangesOf(numbers) } : {}),
    ...(partial === undefined
      ? {}
      : {
          partial: { range: partial, found: rangesOf(numbers.slice(...placesOf(partial, numbers.length))) },
        }),
    ...(highest === undefined ? {} : { highestModseq: highest }),
  };
}
