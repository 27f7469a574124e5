export { type Identity, type IdentityAddress, listIdentities, upsertIdentity } from "./identity.store.ts";
export type { AttemptResult } from "./decide-after-attempt.ts";
export { deliverHere } from "./deliver-here.ts";
export { finishAttempt, queueNotice } from "./finish-attempt.ts";
export { choosePool, PoolName, type PoolQuestion } from "./egress-pool.ts";
export {
  deleteExpiredStsPolicies,
  type KeptPolicy,
  listStsDomains,
  readStsPolicy,
  upsertStsPolicy,
} from "./mta-sts.store.ts";
export { deleteTlsResults, listTlsResults, recordTlsResults } from "./tls-result.store.ts";
export { tlsResultKey, type TlsResult } from "./tls-result.ts";
export { type Outbound, SubmissionId } from "./outbound.ts";
export { NotifyingQueueSignal } from "./queue-signal.ts";
export {
  beginAttempt,
  type DueLease,
  extendLease,
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
