import type { TenantTx } from "../../../src/db/index.ts";
import { MailError } from "../../../src/kernel/error.ts";
import type { AccountId } from "../../../src/kernel/id.ts";
import { may, readQuota } from "../../../src/mailstore/index.ts";
import { printQuota, printQuotaRoot } from "../../../src/protocol/imap/index.ts";
import { readAccount } from "../../../src/tenants/index.ts";
import { type CommandSpec, ok, refusal } from "../completion.ts";
import { findMailbox, isReserved, readNames } from "../namespaces.ts";
import type { ImapSession } from "../session.ts";

/** All mailboxes of an account share one limit. Those of somebody else have their owner's address as their root. */
const ROOT = "";

interface Quota {
  readonly root: string;
  readonly usedBytes: number;
  readonly quotaBytes: number;
}

/** RFC 9208 §4.1.1. */
export const getQuota: CommandSpec<"GETQUOTA"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { root }) {
    await tellQuota(
      session,
      await session.transaction(async (tx, me) => {
        if (root === ROOT) return { root, ...(await readQuota(tx, me)) };
        const { all } = await readNames(tx, me, root);
        const shared = all.find(({ accountId, rights }) => accountId !== me && may(rights, "r"));
        if (shared === undefined) throw new MailError("mailbox_unknown", { root });
        return quotaOf(tx, shared.accountId);
      }),
    );
    return ok("done");
  },
};

/** RFC 9208 §4.1.2. The own mailbox need not exist: a client may want to know before it makes one. */
export const getQuotaRoot: CommandSpec<"GETQUOTAROOT"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { mailbox }) {
    const quota = await session.transaction(async (tx, me) => {
      const accountId = isReserved(mailbox) ? (await findMailbox(tx, me, mailbox, "r")).accountId : me;
      return accountId === me ? { root: ROOT, ...(await readQuota(tx, me)) } : quotaOf(tx, accountId);
    });
    await session.send(printQuotaRoot(mailbox, [quota.root], session.nameEncoding));
    await tellQuota(session, quota);
    return ok("done");
  },
};

/** RFC 9208 §4.1.3: QUOTASET is not advertised, since limits are an administrator's matter. */
export const setQuota: CommandSpec<"SETQUOTA"> = {
  allowedIn: "authenticated",
  news: "hinted",
  run: () => Promise.resolve(refusal("forbidden")),
};

/** Of somebody else. */
async function quotaOf(tx: TenantTx, accountId: AccountId): Promise<Quota> {
  const { address, usedBytes, quotaBytes } = await readAccount(tx, accountId);
  return { root: address, usedBytes, quotaBytes };
}

async function tellQuota(session: ImapSession, { root, usedBytes, quotaBytes }: Quota): Promise<void> {
  await session.send(printQuota(root, usedBytes, quotaBytes));
}
