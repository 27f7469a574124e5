import {
  type StatusValue,
  printDelimiter,
  printList,
  printStatus,
} from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, ok } from "../completion.ts";
import { type ListLine, listMailboxes, listSubscribed } from "../list-mailboxes.ts";
import { readTree } from "../mailbox-tree.ts";
import { statusValues } from "../status-values.ts";

/** RFC 9051 §6.3.9, with LIST-STATUS (RFC 5819). */
export const list: CommandSpec<"LIST"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, args) {
    if (!args.extended && args.patterns[0] === "") {
      await session.send(printDelimiter("LIST"));
      return ok("done");
    }
    const { maxMessageBytes } = session.deps;
    const told = await session.transaction(async (tx, accountId) => {
      const lines: { line: ListLine; status: StatusValue[] }[] = [];
      for (const line of listMailboxes(await readTree(tx, accountId), args)) {
        const box = line.found?.box;
        const wanted = box === undefined ? [] : args.returns.status;
        const status = box === undefined ? [] : await statusValues(tx, box, wanted, maxMessageBytes);
        lines.push({ line, status });
      }
      return lines;
    });
    for (const { line, status } of told) {
      await session.send(printList("LIST", line, session.nameEncoding));
      if (status.length > 0) await session.send(printStatus(line.name, status, session.nameEncoding));
    }
    return ok("done");
  },
};

/** RFC 3501 §6.3.9. */
export const lsub: CommandSpec<"LSUB"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { reference, pattern }) {
    if (pattern === "") {
      await session.send(printDelimiter("LSUB"));
      return ok("done");
    }
    const tree = await session.transaction(readTree);
    for (const line of listSubscribed(tree, reference, pattern)) {
      await session.send(printList("LSUB", line, session.nameEncoding));
    }
    return ok("done");
  },
};
