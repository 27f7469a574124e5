import * as directory from "../../src/people/directory.store.ts";
import * as lists from "../../src/people/import.store.ts";
import * as invitation from "../../src/people/invitation.store.ts";
import { readInviter } from "../../src/people/inviter.store.ts";
import * as mandate from "../../src/people/mandate.store.ts";
import * as person from "../../src/people/person.store.ts";
import * as resource from "../../src/people/resource.store.ts";
import * as shared from "../../src/people/shared-mailbox.store.ts";
import { type Attack, nothing, own, throws } from "./attack.ts";
import { AT, batch, END, HOLDER, invitationOf, listOf, listRow, mandateOf, START } from "./settle-people.ts";

const everybody = { domains: null } as const;
const first = { after: null, limit: 10 } as const;
export const peopleAttacks: Readonly<Record<string, Attack>> = {
  "people/directory#listDirectory": own((tx) => directory.listDirectory(tx, first)),
  "people/directory#searchDirectory": nothing((tx) => directory.searchDirectory(tx, ["victim"], first)),
  "people/import#advanceImport": nothing((tx, v) =>
    lists.advanceImport(tx, listOf(v), { ...batch, from: 1 }),
  ),
  "people/import#deleteImport": nothing((tx, v) => lists.deleteImport(tx, listOf(v))),
  "people/import#deleteResults": nothing((tx, v) => lists.deleteResults(tx, listOf(v))),
  "people/import#expireImport": nothing((tx, v) => lists.expireImport(tx, listOf(v))),
  "people/import#findGroups": nothing((tx, v) => lists.findGroups(tx, [`team@${v.domain}`])),
  "people/import#findImport": nothing((tx, v) => lists.findImport(tx, listOf(v))),
  "people/import#findTaken": nothing((tx, v) => lists.findTaken(tx, [v.address, v.alias])),
  "people/import#finishImport": nothing((tx, v) => lists.finishImport(tx, listOf(v), 1, AT)),
  // A list of the attacker's own with an id of the victim's: another row.
  "people/import#insertImport": nothing((tx, v, self) => lists.insertImport(tx, listRow(v.uploadId, self))),
  "people/import#insertManyAliases": throws((tx, v) =>
    lists.insertManyAliases(tx, [{ accountId: v.accountId, address: `stolen@${v.domain}` }]),
  ),
  "people/import#insertManyAudits": nothing((tx, v) =>
    lists.insertManyAudits(tx, { actor: "thief", action: "person.add", importId: listOf(v) }, ["x"]),
  ),
  "people/import#leaseImport": nothing((tx, v) =>
    lists.leaseImport(tx, listOf(v), { now: AT + 1e9, until: AT + 2e9 }),
  ),
  "people/import#listImports": own((tx) => lists.listImports(tx, { before: null, limit: 10, domains: null })),
  "people/import#listPrimaryFirst": own((tx) => lists.listPrimaryFirst(tx, "hosted.test")),
  "people/import#listResults": nothing((tx, v) => lists.listResults(tx, listOf(v))),
  "people/import#markInvited": nothing((tx, v) => lists.markInvited(tx, [v.accountId], AT)),
  "people/import#markStarted": nothing((tx, v) => lists.markStarted(tx, listOf(v), AT)),
  "people/import#returnImport": nothing((tx, v) => lists.returnImport(tx, listOf(v))),
  "people/invitation#deleteInvitation": nothing((tx, v) => invitation.deleteInvitation(tx, v.accountId)),
  "people/invitation#findInvited": nothing((tx, v) => invitation.findInvited(tx, v.tokenHash)),
  "people/invitation#upsertInvitations": throws((tx, v) =>
    invitation.upsertInvitations(tx, [invitationOf(v.accountId, new Uint8Array(32))]),
  ),
  "people/inviter#readInviter": throws((tx, v) => readInviter(tx, v.accountId)),
  "people/mandate#deleteMandate": nothing((tx, v) => mandate.deleteMandate(tx, mandateOf(v))),
  "people/mandate#endHoldersAt": nothing((tx, v) => mandate.endHoldersAt(tx, v.sharedAccountId, START)),
  "people/mandate#findMandate": nothing((tx, v) => mandate.findMandate(tx, mandateOf(v))),
  "people/mandate#insertMandate": throws((tx, v, self) =>
    mandate.insertMandate(tx, {
      id: listOf(self),
      mailboxId: v.sharedAccountId,
      holderId: self.accountId,
      ...HOLDER,
      startsAt: START,
      endsAt: null,
    }),
  ),
  "people/mandate#isHeld": nothing((tx, v) =>
    mandate.isHeld(tx, v.sharedAccountId, { startsAt: START, endsAt: END, except: null }),
  ),
  "people/mandate#listMandates": nothing((tx, v) =>
    mandate.listMandates(tx, { mailboxId: v.sharedAccountId, state: undefined, ...everybody, ...first }),
  ),
  "people/mandate#lockMailbox": nothing((tx, v) => mandate.lockMailbox(tx, v.sharedAccountId)),
  "people/mandate#readNow": own((tx) => mandate.readNow(tx)),
  "people/mandate#takeTurned": nothing((tx) => mandate.takeTurned(tx)),
  "people/mandate#touchMailboxes": nothing((tx, v) => mandate.touchMailboxes(tx, v.sharedAccountId, 99)),
  "people/mandate#updateMandate": nothing((tx, v) =>
    mandate.updateMandate(tx, mandateOf(v), { ...HOLDER, startsAt: START, endsAt: START }),
  ),
  "people/person#countWords": nothing((tx) => person.countWords(tx, "victim", 10)),
  "people/person#endAccess": nothing((tx, v) => person.endAccess(tx, v.accountId, { appPasswords: true })),
  "people/person#listPeople": own((tx) => person.listPeople(tx, everybody, first)),
  "people/person#lockPerson": nothing((tx, v) => person.lockPerson(tx, v.accountId)),
  "people/person#moveToAddress": throws((tx, v) =>
    person.moveToAddress(tx, v.accountId, `stolen@${v.domain}`),
  ),
  "people/person#readPersonPage": throws((tx, v) => person.readPersonPage(tx, v.accountId, AT)),
  "people/person#releaseAddresses": nothing((tx, v) => person.releaseAddresses(tx, v.accountId)),
  "people/person#searchPeople": nothing((tx, v) =>
    person.searchPeople(tx, everybody, [v.address, "victim"], first),
  ),
  "people/person#setInvited": nothing((tx, v) => person.setInvited(tx, v.accountId, AT)),
  "people/person#setPersonState": nothing((tx, v) => person.setPersonState(tx, v.accountId, "removed", AT)),
  "people/person#updateCard": throws((tx, v) => person.updateCard(tx, v.accountId, { unit: "stolen" })),
  "people/person#updatePerson": nothing((tx, v) => person.updatePerson(tx, v.accountId, { name: "stolen" })),
  "people/resource#findResource": nothing((tx, v) => resource.findResource(tx, v.sharedAccountId)),
  "people/resource#listResources": own((tx) =>
    resource.listResources(tx, { after: "", limit: 10, ...everybody }),
  ),
  "people/resource#upsertResource": throws((tx, v) =>
    resource.upsertResource(tx, v.sharedAccountId, { kind: "room", capacity: 1, description: "stolen" }),
  ),
  "people/shared-mailbox#findShared": nothing((tx, v) => shared.findShared(tx, { id: v.sharedAccountId })),
  "people/shared-mailbox#listFurther": nothing((tx, v) => shared.listFurther(tx, v.accountId)),
  "people/shared-mailbox#listMembers": nothing((tx, v) => shared.listMembers(tx, v.sharedAccountId)),
  "people/shared-mailbox#listSharedRows": own((tx) =>
    shared.listSharedRows(tx, { words: [], after: "", limit: 10, ...everybody }),
  ),
  "people/shared-mailbox#updateShared": nothing((tx, v) =>
    shared.updateShared(tx, v.sharedAccountId, { name: "stolen", disabled: true }, AT),
  ),
};

/** They see ids and times of all agencies, and switch nobody. */
export const PEOPLE_SYSTEM: readonly string[] = [
  "people/import#listIdleImports",
  "people/import#listOldImports",
  "people/mandate#listTurnedTenants",
  "people/person#listSwitchedOff",
];
