import { MailError } from "../../../src/kernel/error.ts";
import {
  ALL_RIGHTS,
  changeMailboxAcl,
  granteeOf,
  lettersOf,
  listAcl,
  type RightsChange,
  rightsOf,
} from "../../../src/mailstore/index.ts";
import {
  type CommandOf,
  printAcl,
  printListRights,
  printMyRights,
} from "../../../src/protocol/imap/index.ts";
import { readAccount } from "../../../src/tenants/index.ts";
import { type CommandSpec, type Completion, no, ok } from "../completion.ts";
import { findMailbox } from "../namespaces.ts";
import type { ImapSession } from "../session.ts";

/** RFC 4314 §3.1. */
export const setAcl: CommandSpec<"SETACL"> = {
  allowedIn: "authenticated",
  news: "hinted",
  run: (session, command) =>
    change(session, command, { op: command.op, rights: rightsOf(command.rights) }, "changed"),
};

/** RFC 4314 §3.2. */
export const deleteAcl: CommandSpec<"DELETEACL"> = {
  allowedIn: "authenticated",
  news: "hinted",
  run: (session, command) => change(session, command, { op: "replace", rights: 0 }, "deleted"),
};

async function change(
  session: ImapSession,
  { mailbox, identifier, isNegative }: CommandOf<"SETACL"> | CommandOf<"DELETEACL">,
  wanted: RightsChange,
  done: string,
): Promise<Completion> {
  const { address } = session.signedIn;
  const owner = await session.transaction(async (tx, me) => {
    const { accountId, box } = await findMailbox(tx, me, mailbox, "a");
    const grantee = await granteeOf(tx, identifier);
    if (grantee.accountId === accountId) return changesOwner(wanted, isNegative) ? undefined : accountId;
    const entry = { accountId, mailboxId: box.id, mailbox, identifier, isNegative };
    await changeMailboxAcl(tx, address, { ...entry, ...wanted });
    return accountId;
  });
  if (owner === undefined) return no("the owner always has all rights", "CANNOT");
  session.changed(owner);
  return ok(done);
}

/** What would leave the owner with fewer than all rights can't be done. */
function changesOwner({ op, rights }: RightsChange, isNegative: boolean): boolean {
  if (isNegative) return op !== "remove" && rights !== 0;
  return op === "remove" ? rights !== 0 : op === "replace" && rights !== ALL_RIGHTS;
}

/** RFC 4314 §3.3. The owner is told too, though no entry says so. */
export const getAcl: CommandSpec<"GETACL"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { mailbox }) {
    const entries = await session.transaction(async (tx, me) => {
      const { accountId, box } = await findMailbox(tx, me, mailbox, "a");
      const [owner, list] = await Promise.all([readAccount(tx, accountId), listAcl(tx, box.id)]);
      return [{ identifier: owner.address, isNegative: false, rights: ALL_RIGHTS }, ...list];
    });
    const printed = entries.map(({ identifier, isNegative, rights }) => ({
      identifier: isNegative ? `-${identifier}` : identifier,
      rights: lettersOf(rights),
    }));
    await session.send(printAcl(mailbox, printed, session.nameEncoding));
    return ok("done");
  },
};

/** RFC 4314 §3.4: what somebody has in any case, and what can be given, each right by itself. */
export const listRights: CommandSpec<"LISTRIGHTS"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { mailbox, identifier, isNegative }) {
    const isOwner = await session.transaction(async (tx, me) => {
      const { accountId } = await findMailbox(tx, me, mailbox, "a");
      return (await granteeOf(tx, identifier)).accountId === accountId;
    });
    const [required, optional] = isOwner ? [lettersOf(ALL_RIGHTS), ""] : ["", lettersOf(ALL_RIGHTS)];
    const whom = isNegative ? `-${identifier}` : identifier;
    await session.send(printListRights(mailbox, whom, required, optional, session.nameEncoding));
    return ok("done");
  },
};

/** RFC 4314 §3.5. */
export const myRights: CommandSpec<"MYRIGHTS"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { mailbox }) {
    const { rights } = await session.transaction(async (tx, me) => {
      const named = await findMailbox(tx, me, mailbox, "");
      // "p" alone is not a reason to know of a mailbox (RFC 4314 §4).
      if ((named.rights & rightsOf("lrikxa")) === 0) throw new MailError("mailbox_unknown", {});
      return named;
    });
    await session.send(printMyRights(mailbox, lettersOf(rights), session.nameEncoding));
    return ok("done");
  },
};
