import { z } from "zod";

/** RFC 8620 §2: only what this client uses. */
export const JmapSession = z.object({
  capabilities: z.record(z.string(), z.unknown()),
  primaryAccounts: z.record(z.string(), z.string()),
  username: z.string(),
  apiUrl: z.string(),
  downloadUrl: z.string(),
  uploadUrl: z.string(),
  eventSourceUrl: z.string(),
});
export type JmapSession = z.infer<typeof JmapSession>;

/** RFC 8620 §2, `urn:ietf:params:jmap:core`. Sizes in octets. */
export const CoreLimits = z.object({
  maxSizeUpload: z.int().default(50_000_000),
  maxObjectsInGet: z.int().default(500),
  maxObjectsInSet: z.int().default(500),
  maxCallsInRequest: z.int().default(16),
});
export type CoreLimits = z.infer<typeof CoreLimits>;

/** RFC 8621 §2 */
export const Mailbox = z.object({
  id: z.string(),
  name: z.string(),
  parentId: z.string().nullable(),
  role: z.string().nullable(),
  sortOrder: z.int(),
  totalEmails: z.int(),
  unreadEmails: z.int(),
});
export type Mailbox = z.infer<typeof Mailbox>;

/** RFC 8621 §4.1.2.3 */
export const EmailAddress = z.object({ name: z.string().nullable(), email: z.string() });
export type EmailAddress = z.infer<typeof EmailAddress>;

const Addresses = z.array(EmailAddress).nullable();

/** RFC 8621 §4.1.4; size in octets after decoding. */
export const BodyPart = z.object({
  partId: z.string().nullable(),
  blobId: z.string().nullable(),
  size: z.int(),
  name: z.string().nullable(),
  type: z.string(),
  disposition: z.string().nullable(),
  cid: z.string().nullable(),
});
export type BodyPart = z.infer<typeof BodyPart>;
export const BODY_PART_PROPERTIES = Object.keys(BodyPart.shape);

/** What a row of the message list shows. */
export const EmailSummary = z.object({
  id: z.string(),
  threadId: z.string(),
  messageId: z.array(z.string()).nullable(),
  mailboxIds: z.record(z.string(), z.boolean()),
  keywords: z.record(z.string(), z.boolean()),
  from: Addresses,
  to: Addresses,
  subject: z.string().nullable(),
  receivedAt: z.string(),
  size: z.int(),
  hasAttachment: z.boolean(),
  preview: z.string(),
});
export type EmailSummary = z.infer<typeof EmailSummary>;
export const SUMMARY_PROPERTIES = Object.keys(EmailSummary.shape);

/** What never changes about a message: the rest of what the reading pane and the composer need. */
export const EmailContent = z.object({
  id: z.string(),
  blobId: z.string(),
  messageId: z.array(z.string()).nullable(),
  inReplyTo: z.array(z.string()).nullable(),
  references: z.array(z.string()).nullable(),
  from: Addresses,
  to: Addresses,
  cc: Addresses,
  bcc: Addresses,
  replyTo: Addresses,
  subject: z.string().nullable(),
  sentAt: z.string().nullable(),
  receivedAt: z.string(),
  textBody: z.array(BodyPart),
  htmlBody: z.array(BodyPart),
  attachments: z.array(BodyPart),
  bodyValues: z.record(z.string(), z.object({ value: z.string(), isTruncated: z.boolean().default(false) })),
});
export type EmailContent = z.infer<typeof EmailContent>;
export const CONTENT_PROPERTIES = Object.keys(EmailContent.shape);

/** RFC 8621 §6 */
export const Identity = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  textSignature: z.string().default(""),
});
export type Identity = z.infer<typeof Identity>;

export const Thread = z.object({ id: z.string(), emailIds: z.array(z.string()) });

/** With `rateLimit` of EmailSubmission/set: which limit it is. */
export const SendingLimit = z.object({
  scope: z.enum(["mailbox", "domain", "tenant"]),
  what: z.enum(["messages", "recipients"]),
  window: z.enum(["hour", "day"]),
  limit: z.int(),
  until: z.string(),
});
export type SendingLimit = z.infer<typeof SendingLimit>;

/** RFC 8620 §5.3 and §7.1 of RFC 8621: why one object of a `/set` was refused. */
export const SetError = z.object({
  type: z.string(),
  description: z.string().nullish(),
  properties: z.array(z.string()).nullish(),
  invalidRecipients: z.array(z.string()).nullish(),
  maxSize: z.int().nullish(),
  limit: SendingLimit.nullish(),
});
export type SetError = z.infer<typeof SetError>;

const Refused = z.record(z.string(), SetError).nullish();

/** RFC 8620 §5.3 */
export const SetResult = z.object({
  newState: z.string(),
  created: z.record(z.string(), z.object({ id: z.string() })).nullish(),
  updated: z.record(z.string(), z.unknown()).nullish(),
  destroyed: z.array(z.string()).nullish(),
  notCreated: Refused,
  notUpdated: Refused,
  notDestroyed: Refused,
});
export type SetResult = z.infer<typeof SetResult>;

/** RFC 8620 §5.1 */
export function getResult<T extends z.ZodType>(item: T) {
  return z.object({ state: z.string(), list: z.array(item), notFound: z.array(z.string()) });
}

/** RFC 8620 §5.2 */
export const ChangesResult = z.object({
  newState: z.string(),
  hasMoreChanges: z.boolean(),
  created: z.array(z.string()),
  updated: z.array(z.string()),
  destroyed: z.array(z.string()),
});

/** RFC 8620 §5.5 */
export const QueryResult = z.object({
  ids: z.array(z.string()),
  position: z.int(),
  total: z.int().optional(),
});

/** RFC 8620 §7.1: which types changed in which account, and to what state. */
export const StateChange = z.object({ changed: z.record(z.string(), z.record(z.string(), z.string())) });

/** RFC 8620 §6.1 */
export const Uploaded = z.object({ blobId: z.string(), type: z.string(), size: z.int() });
export type Uploaded = z.infer<typeof Uploaded>;
