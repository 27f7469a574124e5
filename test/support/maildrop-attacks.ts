import * as maildrop from "../../src/mailstore/maildrop.store.ts";
import { type Attack, nothing, throws } from "./attack.ts";
import type { Inhabitant } from "./isolation-world.ts";

const boxOf = (v: Inhabitant): maildrop.Maildrop => ({
  mailboxId: v.mailboxId,
  uidNext: 4_294_967_295,
  modseq: 0,
  count: 1,
  totalBytes: 1,
});

/** What POP3 reads. */
export const maildropAttacks: Readonly<Record<string, Attack>> = {
  "mailstore/maildrop#readMaildrop": throws((_tx, v, self, db) =>
    maildrop.readMaildrop(db, self.tenantId, v.accountId),
  ),
  "mailstore/maildrop#listMaildropSizes": nothing((tx, v) =>
    maildrop.listMaildropSizes(tx, v.accountId, boxOf(v), 0, 10),
  ),
  "mailstore/maildrop#listMaildropHidden": nothing((tx, v) =>
    maildrop.listMaildropHidden(tx, v.accountId, boxOf(v)),
  ),
  "mailstore/maildrop#listMaildropEmails": nothing((tx, v) =>
    maildrop.listMaildropEmails(tx, v.accountId, v.mailboxId, 1, 4_294_967_295),
  ),
  "mailstore/maildrop#findMaildropBlob": nothing((_tx, v, self, db) =>
    maildrop.findMaildropBlob(db, self.tenantId, v.accountId, v.mailboxId, 1),
  ),
};
