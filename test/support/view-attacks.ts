import * as mail from "../../src/mailstore/index.ts";
import { type Attack, nothing } from "./attack.ts";

/** What a session reads of the mailbox that it shows, tried with the mailbox of another tenant. */
export const viewAttacks: Readonly<Record<string, Attack>> = {
  "mailstore/view#fetchPlacements": nothing((_tx, v, self, db) =>
    mail.fetchPlacements(db, self.tenantId, {
      ...v,
      uids: mail.ALL_UIDS,
      changedSince: undefined,
      limit: 10,
      withMessages: true,
    }),
  ),
  "mailstore/view#listFlagRows": nothing((_tx, v, self, db) =>
    mail.listFlagRows(db, self.tenantId, { ...v, uids: mail.ALL_UIDS, changedSince: undefined, limit: 10 }),
  ),
  "mailstore/view#listUidPage": nothing((_tx, v, self, db) =>
    mail.listUidPage(db, self.tenantId, v.mailboxId, mail.ALL_UIDS, { skip: 0, limit: 10, fromEnd: true }),
  ),
  "mailstore/view#listVanished": nothing((_tx, v, self, db) =>
    mail.listVanished(db, self.tenantId, v, { since: 0, until: 1e9, uids: mail.ALL_UIDS }),
  ),
  "mailstore/view#listChangedPlacements": nothing((_tx, v, self, db) =>
    mail.listChangedPlacements(db, self.tenantId, v.mailboxId, 0, { lo: 1, hi: 4_294_967_295 }, 10),
  ),
  "mailstore/view#listGoneUids": nothing((_tx, v, self, db) =>
    mail.listGoneUids(db, self.tenantId, v.mailboxId, Number.MAX_SAFE_INTEGER, 4_294_967_295),
  ),
  "mailstore/view#listMailboxesAtOnce": nothing((_tx, v, self, db) =>
    mail.listMailboxesAtOnce(db, self.tenantId, v.accountId),
  ),
  "mailstore/view#listToldUids": nothing((_tx, v, self, db) =>
    mail.listToldUids(db, self.tenantId, { ...v, modseq: 0, from: 1, below: 4_294_967_295, limit: 10 }),
  ),
  "mailstore/view#openMailbox": nothing((_tx, v, self, db) =>
    mail.openMailbox(db, self.tenantId, { ...v, accountId: self.accountId }, 10, true),
  ),
  "mailstore/view#readMailboxNews": nothing((_tx, v, self, db) =>
    mail.readMailboxNews(db, self.tenantId, v, { since: 0, lastUid: 0, limit: 10, claim: true }),
  ),
  "mailstore/placement#storeFlagsAtOnce": nothing((_tx, v, self, db) =>
    mail.storeFlagsAtOnce(
      db,
      self.tenantId,
      { ...v, uids: { lo: 1, hi: 1_000 } },
      { op: "replace", bits: 1, keywords: ["$stolen"] },
    ),
  ),
  "mailstore/placement#listChangedIn": nothing((tx, v) =>
    mail.listChangedIn(tx, v.mailboxId, mail.ALL_UIDS, 0),
  ),
};
