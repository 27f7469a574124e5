import { lettersOf, may } from "../../../src/mailstore/index.ts";
import {
  type CommandOf,
  type StatusValue,
  printDelimiter,
  printList,
  printMyRights,
  printStatus,
} from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, ok } from "../completion.ts";
import { readAnnotationsOf, tellAnnotations } from "../annotations.ts";
import { type ListLine, listMailboxes, listSubscribed } from "../list-mailboxes.ts";
import { readNamesFor } from "../namespaces.ts";
import { statusValues } from "../status-values.ts";

/** RFC 9051 §6.3.9, with LIST-STATUS (RFC 5819) and LIST-MYRIGHTS (RFC 8440). */
export const list: CommandSpec<"LIST"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, args) {
    if (!args.extended && args.patterns[0] === "") {
      await session.send(printDelimiter("LIST"));
      return ok("done");
    }
    const { maxMessageBytes } = session.deps;
    const encoding = session.nameEncoding;
    const wholes = wholePatterns(args);
    const { lines: told, annotations } = await session.transaction(async (tx, accountId) => {
      const lines: { line: ListLine; status: StatusValue[] }[] = [];
      for (const line of listMailboxes(await readNamesFor(tx, accountId, wholes), args)) {
        const { found } = line;
        const wanted = found !== undefined && may(found.rights, "r") ? args.returns.status : [];
        const status = found === undefined ? [] : await statusValues(tx, found.box, wanted, maxMessageBytes);
        lines.push({ line, status });
      }
      const boxes = lines.flatMap(({ line }) => line.found ?? []);
      return { lines, annotations: await readAnnotationsOf(tx, accountId, boxes, args.returns.metadata) };
    });
    for (const { line, status } of told) {
      await session.send(printList("LIST", line, encoding));
      if (args.returns.myRights && line.found !== undefined)
        await session.send(printMyRights(line.name, lettersOf(line.found.rights), encoding));
      if (status.length > 0) await session.send(printStatus(line.name, status, encoding));
      const values = line.found === undefined ? undefined : annotations.values.get(line.found.box.id);
      if (values !== undefined) await tellAnnotations(session, line.name, values);
    }
    return annotations.longest === 0 ? ok("done") : ok("done", `METADATA LONGENTRIES ${annotations.longest}`);
  },
};

const wholePatterns = ({ reference, patterns }: CommandOf<"LIST">): string[] =>
  patterns.map((pattern) => reference + pattern);

/** RFC 3501 §6.3.9. */
export const lsub: CommandSpec<"LSUB"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { reference, pattern }) {
    if (pattern === "") {
      await session.send(printDelimiter("LSUB"));
      return ok("done");
    }
    const tree = await session.transaction((tx, accountId) =>
      readNamesFor(tx, accountId, [reference + pattern]),
    );
    for (const line of listSubscribed(tree, reference, pattern)) {
      await session.send(printList("LSUB", line, session.nameEncoding));
    }
    return ok("done");
  },
};
