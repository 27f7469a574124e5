export { addPerson } from "./add-person.ts";
export type { PeopleChanger } from "./changer.ts";
export {
  changePerson,
  readPerson,
  removePerson,
  renewPassword,
  restorePerson,
  signOutPerson,
} from "./change-person.ts";
export { findPeople } from "./find-people.ts";
export { acceptInvitation, inviteAgain, readInvitation, withdrawInvitation } from "./invite.ts";
export { ENDED_CHANNEL, listSwitchedOff } from "./person.store.ts";
export {
  checkImport,
  confirmImportResult,
  readImport,
  readImportResult,
  readImports,
  removeImport,
  startImport,
} from "./imports.ts";
export { runImport, runImports } from "./run-import.ts";
export { readAddressBook } from "./address-book.ts";
export {
  addMandate,
  changeMandate,
  findMandates,
  readMandate,
  removeMandate,
  tellTurnedMandates,
} from "./mandates.ts";
export { addResource, changeResource, findResources, readResource } from "./resources.ts";
export {
  addSharedMailbox,
  changeSharedMailbox,
  findSharedMailboxes,
  readSharedMailbox,
  removeSharedMember,
  setSharedMember,
} from "./shared-mailboxes.ts";
