export { type ChangeHub, NotifyingChangeHub } from "./change-hub.ts";
export { readDeletedBytes } from "./deleted-size.store.ts";
export { deliver, prepareMessage, prepareStoredMessage } from "./deliver.ts";
export {
  type DeliverOptions,
  type Delivery,
  type DeliveryOutcome,
  type Mailstore,
  type PreparedMessage,
} from "./delivery.ts";
export { insertDeliveries } from "./deliver.store.ts";
export { GroupCommit } from "./group-commit.ts";
export {
  countEmails,
  countThreads,
  type Email,
  type EmailChanges,
  type EmailCondition,
  type EmailFilter,
  type EmailQuery,
  type EmailSort,
  type EmailSortProperty,
  listEmailChanges,
  queryEmails,
  readEmails,
  readThreads,
  setEmailFlags,
  setEmailMailboxes,
} from "./email.store.ts";
export { FLAG, type Flags, fromKeywords, toKeywords } from "./flags.ts";
export { type LearnKind } from "./learn-kind.ts";
export {
  deleteLessons,
  findLearningTenants,
  findTaughtTenants,
  finishLesson,
  leaseLessons,
  type Lesson,
  queueLearning,
} from "./learn-queue.store.ts";
export {
  claimRecent,
  deleteMailbox,
  insertMailbox,
  listMailboxChanges,
  listMailboxes,
  type Mailbox,
  type MailboxChange,
  type MailboxChanges,
  type MailboxRole,
  type NewMailbox,
  readMailbox,
  readMailboxByRole,
  updateMailbox,
} from "./mailbox.store.ts";
export {
  findMaildropBlob,
  listMaildropEmails,
  listMaildropHidden,
  listMaildropSizes,
  type Maildrop,
  type MaildropEntry,
  type MaildropSizes,
  readMaildrop,
} from "./maildrop.store.ts";
export { findEmailBlob, type Message, readMessages } from "./message.store.ts";
export { moveEmails } from "./move-emails.store.ts";
export { bumpModseq, readModseq, readQuota } from "./modseq.store.ts";
export {
  ALL_UIDS,
  type Copied,
  copyPlacements,
  expunge,
  type FlagChange,
  listChangedIn,
  listPlacementChanges,
  listPlacements,
  listUids,
  movePlacements,
  type Placement,
  type PlacementChanges,
  type PlacementSelection,
  storeFlags,
} from "./placement.store.ts";
export {
  countPlacements,
  findFirstUid,
  type PlacementCondition,
  searchUids,
} from "./placement-search.store.ts";
export { claimSpooled, forgetSpooled } from "./spooled.store.ts";
export { listThreadChanges, type ThreadChanges } from "./thread.store.ts";
export { type UidRange } from "./uid-in.store.ts";
export { deleteUpload, findUpload, insertUpload, type Upload } from "./upload.store.ts";
export {
  type BoxKey,
  listChangedPlacements,
  listGoneUids,
  listToldUids,
  type MailboxNews,
  type OpenedMailbox,
  openMailbox,
  readMailboxNews,
  type ToldUids,
} from "./view.store.ts";
