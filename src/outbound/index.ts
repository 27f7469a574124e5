export { type Identity, type IdentityAddress, listIdentities, upsertIdentity } from "./identity.store.ts";
export type { AttemptResult } from "./decide-after-attempt.ts";
export { deliverHere } from "./deliver-here.ts";
export { greylist, purgeGreylist } from "./greylist.store.ts";
export {
  insertForward,
  prepareForwards,
  type PreparedForward,
  prepareReturn,
  type ToForward,
} from "./forward-message.ts";
export { insertManyDeliveries } from "./insert-many.ts";
export { readMarks } from "./forward-marks.ts";
export { type Filing, type FilingPlan, planFiling } from "./plan-filing.ts";
export { type ForwardAuthor, type SealForward } from "./seal-forward.ts";
export { type OwnMessage, queueOwnMessage } from "./own-message.ts";
export { finishAttempt, insertNotice, queueNotice, type SealedNotice, sealNotice } from "./finish-attempt.ts";
export { relayServer } from "./relay-domain.ts";
export { wishesOf } from "./forward-wishes.ts";
export { type EndedAttempt, finishRelayed, isPlainlyRelayed } from "./finish-relayed.ts";
export { PoolName } from "./egress-pool.ts";
export {
  deleteExpiredStsPolicies,
  type KeptPolicy,
  listStsDomains,
  readStsPolicy,
  upsertStsPolicy,
} from "./mta-sts.store.ts";
export { deleteTlsResults, listTlsResults, recordTlsResults } from "./tls-result.store.ts";
export { tlsResultKey, type TlsResult } from "./tls-result.ts";
export { type Outbound, queueTimes, type QueueTimes, SubmissionId, unverifiedDaily } from "./outbound.ts";
export { changeQueue, countWaiting, readQueue, readQueueDetail } from "./queue-admin.ts";
export { listQueueingTenants } from "./queue-admin.store.ts";
export { NotifyingQueueSignal } from "./queue-signal.ts";
export {
  beginAttempts,
  type DueLease,
  extendLeases,
  type Lease,
  leaseDue,
  nextDue,
  type QueuedRecipient,
  type QueueEntry,
  returnLeases,
} from "./queue.store.ts";
export { findSenderFault, type SenderFault } from "./sender-rights.ts";
export {
  cancelSubmission,
  listSubmissionChanges,
  listSubmissions,
  readSubmissions,
  type Submission,
} from "./submission.store.ts";
export { submit, type Submitted } from "./submit.ts";
export { intoInboxes, prepareLetter, raiseAlert } from "./alerts.ts";
export { alertLetter } from "./alert-letters.ts";
export { listAlerts, markAlertSeen } from "./alerts.store.ts";
export { canonicalAddress } from "./canonical-address.ts";
export { type FeedbackOutcome, isFeedbackAddress, takeFeedback } from "./feedback.ts";
export type { HoldReason } from "./decide-hold.ts";
export { dropHeld, holdByAdmin, releaseHold, sweepHolds } from "./holds.ts";
export { type Hold, listHolds } from "./holds.store.ts";
export type { LimitRow } from "./limits.ts";
export { accountNamed, readSendingLimits, setSendingCap, setSendingLimit } from "./sending-limits.ts";
export type { SendingClient } from "./permit-sending.ts";
export { readUnsubscribeToken, unsubscribe } from "./suppression.ts";
export {
  deleteSuppression,
  forgetRecipientFailures,
  insertSuppression,
  listSuppressions,
  type NewSuppression,
  type StoredSuppression,
} from "./suppression.store.ts";
export { tellSignInAttacks } from "./tell-sign-in-attacks.ts";
