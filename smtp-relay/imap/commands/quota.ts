import { readQuota } from "../../../src/mailstore/index.ts";
import { printQuota, printQuotaRoot } from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, no, ok, refusal } from "../completion.ts";
import type { ImapSession } from "../session.ts";

/** All mailboxes of an account share one limit. */
const ROOT = "";

/** RFC 9208 §4.1.1. */
export const getQuota: CommandSpec<"GETQUOTA"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { root }) {
    if (root !== ROOT) return no("there is no such quota root", "NONEXISTENT");
    await tellQuota(session);
    return ok("done");
  },
};

/** RFC 9208 §4.1.2. The mailbox need not exist: a client may want to know before it makes one. */
export const getQuotaRoot: CommandSpec<"GETQUOTAROOT"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { mailbox }) {
    await session.send(printQuotaRoot(mailbox, [ROOT], session.nameEncoding));
    await tellQuota(session);
    return ok("done");
  },
};

/** RFC 9208 §4.1.3: QUOTASET is not advertised, since limits are an administrator's matter. */
export const setQuota: CommandSpec<"SETQUOTA"> = {
  allowedIn: "authenticated",
  news: "hinted",
  run: () => Promise.resolve(refusal("forbidden")),
};

async function tellQuota(session: ImapSession): Promise<void> {
  const { usedBytes, quotaBytes } = await session.transaction(readQuota);
  await session.send(printQuota(ROOT, usedBytes, quotaBytes));
}
