/** RFC 8620 §2, `urn:ietf:params:jmap:core`: sizes in octets. All of them are enforced. */
export const JMAP_LIMITS = {
  maxSizeUpload: 50_000_000,
  maxConcurrentUpload: 8,
  maxSizeRequest: 10_000_000,
  maxConcurrentRequests: 32,
  maxCallsInRequest: 32,
  maxObjectsInGet: 500,
  maxObjectsInSet: 500,
} as const;

/** What one message that is composed here may hold. */
export const MAX_SIZE_ATTACHMENTS = 50_000_000;
export const MAX_MAILBOX_NAME_OCTETS = 255;
export const MAX_MAILBOX_DEPTH = 32;
export const MAX_MAILBOXES_PER_EMAIL = 100;
export const MAX_KEYWORDS_PER_EMAIL = 100;
/** Ids that a query gives at most. */
export const MAX_QUERY_LIMIT = 1_000;
/** Recipients of one message that is handed over. */
export const MAX_RECIPIENTS = 500;
