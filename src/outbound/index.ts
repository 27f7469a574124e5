export { type Identity, type IdentityAddress, listIdentities, upsertIdentity } from "./identity.store.ts";
export type { AttemptResult } from "./decide-after-attempt.ts";
export { deliverHere } from "./deliver-here.ts";
export { finishAttempt, queueNotice } from "./finish-attempt.ts";
export { type Outbound, SubmissionId } from "./outbound.ts";
export { NotifyingQueueSignal } from "./queue-signal.ts";
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
} from "./submission.store.ts";
export { submit, type Submitted } from "./submit.ts";
