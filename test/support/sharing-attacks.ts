import * as mail from "../../src/mailstore/index.ts";
import { type Attack, nothing, throws } from "./attack.ts";
import type { Inhabitant } from "./isolation-world.ts";

const ANYONE: mail.Grantee = { accountId: null, groupId: null };
const person = ({ accountId }: Inhabitant): mail.Grantee => ({ accountId, groupId: null });
const key = (of: Inhabitant, grantee: mail.Grantee): mail.AclKey => ({
  accountId: of.sharedAccountId,
  mailboxId: of.sharedMailboxId,
  grantee,
  isNegative: false,
});
const box = (of: Inhabitant) => ({ accountId: of.accountId, mailboxId: of.mailboxId, uids: mail.ALL_UIDS });
const shared = (of: Inhabitant) => ({ accountId: of.sharedAccountId, mailboxId: of.sharedMailboxId });
const everything = { op: "replace" as const, rights: mail.ALL_RIGHTS };
const manager = { name: "manager" as const, ...mail.SHARED_ROLES.manager };

/** Access control lists, shared accounts, and mailboxes of others. */
export const sharingAttacks: Readonly<Record<string, Attack>> = {
  "mailstore/acl#changeAcl": throws((tx, v) => mail.changeAcl(tx, key(v, ANYONE), everything)),
  "mailstore/acl#findGrantee": throws((tx, v) => mail.findGrantee(tx, v.address)),
  "mailstore/acl#listAcl": nothing((tx, v) => mail.listAcl(tx, v.sharedMailboxId)),
  "mailstore/acl#listSharedMailboxes": nothing((tx, v) => mail.listSharedMailboxes(tx, v.accountId)),
  "mailstore/acl#readRights": nothing((tx, v, self) =>
    mail.readRights(tx, self.accountId, v.sharedMailboxId),
  ),
  "mailstore/acl#setSharedSubscription": throws((tx, v, self) =>
    mail.setSharedSubscription(tx, self.accountId, v.sharedMailboxId, true),
  ),
  "mailstore/copy-across#copyAcross": nothing((tx, v, self) => mail.copyAcross(tx, box(v), shared(self))),
  "mailstore/copy-across#moveAcross": throws((tx, v, self) => mail.moveAcross(tx, box(self), shared(v))),
  "mailstore/shared-account#readTopRights": nothing((tx, v, self) =>
    mail.readTopRights(tx, self.accountId, v.sharedAccountId),
  ),
  "mailstore/shared-account#deleteSharedGrant": throws((tx, v) =>
    mail.deleteSharedGrant(tx, v.sharedAccountId, person(v)),
  ),
  "mailstore/shared-account#listSharedAccounts": nothing((tx, v) =>
    mail.listSharedAccounts(tx, v.sharedAddress),
  ),
  "mailstore/shared-account#listSharedGrants": nothing((tx, v) =>
    mail.listSharedGrants(tx, v.sharedAccountId),
  ),
  // The own account is given to somebody of another tenant: no such person.
  "mailstore/shared-account#upsertSharedGrant": throws((tx, v, self) =>
    mail.upsertSharedGrant(tx, self.sharedAccountId, person(v), manager),
  ),
};
