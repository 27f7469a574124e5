export {
  type AclEntry,
  type AclKey,
  changeAcl,
  findGrantee,
  type Grantee,
  listAcl,
  listSharedMailboxes,
  readRights,
  setSharedSubscription,
  type SharedMailbox,
} from "./acl.store.ts";
export {
  type Annotation,
  ANNOTATION_BYTES,
  type AnnotationChange,
  type AnnotationQuery,
  type AnnotationSubject,
  type ChangedAnnotation,
  listAnnotationChanges,
  listAnnotations,
  setAnnotations,
} from "./annotation.store.ts";
export { type ChangeHub, NotifyingChangeHub } from "./change-hub.ts";
export { readDeletedBytes } from "./deleted-size.store.ts";
export { copyAcross, type CopySource, type CopyTarget, moveAcross } from "./copy-across.store.ts";
export { deliver, prepareMessage, prepareStoredMessage } from "./deliver.ts";
export {
  type DeliverOptions,
  type Delivery,
  type DeliveryOutcome,
  type Filing,
  type Mailstore,
  type PreparedMessage,
} from "./delivery.ts";
export { insertDeliveries, insertFilings } from "./deliver.store.ts";
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
  type CopyOptions,
  type FlagChange,
  type FlagMask,
  listChangedIn,
  listPlacements,
  movePlacements,
  type Placement,
  type PlacementSelection,
  storeFlags,
  storeFlagsAtOnce,
} from "./placement.store.ts";
export {
  countPlacements,
  type PlacementCondition,
  searchPlacements,
  searchPlacementsAtOnce,
  searchUids,
} from "./placement-search.store.ts";
export { saysKind } from "./learn-kind.ts";
export { GramQuery } from "./gram-filter.ts";
export { completeSearchKeys, MessageIndexer } from "./index-messages.ts";
export { findUnindexedTenants, listEmailFilterSizes, listFilterSizes } from "./search-index.store.ts";
export { askFilters } from "./ask-filters.ts";
export { type SearchKeys, searchKeys } from "./search-keys.ts";
export {
  listThreadRows,
  readHighestModseq,
  sortPlacements,
  type SortedUids,
  type ThreadRow,
} from "./sort-placements.store.ts";
export { headerFields, type Pause, searchTexts, textsHold } from "./search-texts.ts";
export { ALL_RIGHTS, lettersOf, may, type Rights, type RightsChange, rightsOf } from "./rights.ts";
export {
  type AclChange,
  changeMailboxAcl,
  granteeOf,
  grantSharedAccount,
  makeSharedAccount,
  revokeSharedAccount,
  SHARED_ROLES,
  type Sharing,
} from "./share.ts";
export {
  deleteSharedGrant,
  listSharedAccounts,
  listSharedGrants,
  readTopRights,
  type SharedAccount,
  type SharedGrant,
  type SharedRole,
  upsertSharedGrant,
} from "./shared-account.store.ts";
export { claimSpooled, forgetSpooled } from "./spooled.store.ts";
export { listThreadChanges, type ThreadChanges } from "./thread.store.ts";
export { type UidRange } from "./uid-in.store.ts";
export { deleteUpload, findUpload, insertUpload, type Upload } from "./upload.store.ts";
export {
  type BoxKey,
  type FetchedPlacement,
  fetchPlacements,
  type FlagRows,
  listChangedPlacements,
  listFlagRows,
  listGoneUids,
  listMailboxesAtOnce,
  listToldUids,
  listUidPage,
  listVanished,
  type MailboxNews,
  type MailboxWithRoom,
  type OpenedKey,
  type OpenedMailbox,
  openMailbox,
  readMailboxNews,
  type ToldUids,
} from "./view.store.ts";
