export { type Identity, type IdentityAddress, listIdentities, upsertIdentity } from "./identity.store.ts";
export type { AfterAttempt, AttemptResult } from "./decide-after-attempt.ts";
export { deliverHere } from "./deliver-here.ts";
export { finishAttempt, type NoticeOf, queueNotice } from "./finish-attempt.ts";
export { type Delivered, type Notify, type Outbound, SubmissionId } from "./outbound.ts";
export { NotifyingQueueSignal, type QueueSignal } from "./queue-signal.ts";
export {
  beginAttempt,
  extendLease,
  type Lease,
  leaseDue,
  nextDue,
  type QueuedRecipient,
  type QueueEntry,
} from "./queue.store.ts";
export { findSenderFault, type SenderFault } from "./sender-rights.ts";
export {
  cancelSubmission,
  listSubmissionChanges,
  listSubmissions,
  readSubmissions,
  type Submission,
  type SubmissionChanges,
  type SubmissionRecipient,
} from "./submission.store.ts";
export { submit, type SubmitRecipient, type SubmitRequest, type Submitted } from "./submit.ts";
