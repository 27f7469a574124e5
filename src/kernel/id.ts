import { z } from "zod";

/** Ids are UUIDs in lower-case text, branded per kind, never reused. */
export const TenantId = z.uuid().brand<"Tenant">();
export type TenantId = z.output<typeof TenantId>;
/** A mail account: what JMAP calls an account, and what a person signs in to. */
export const AccountId = z.uuid().brand<"Account">();
export type AccountId = z.output<typeof AccountId>;
/** A folder: what IMAP and JMAP call a mailbox. */
export const MailboxId = z.uuid().brand<"Mailbox">();
export type MailboxId = z.output<typeof MailboxId>;
/** One message in one account, in one or more mailboxes (JMAP Email, IMAP EMAILID). */
export const EmailId = z.uuid().brand<"Email">();
export type EmailId = z.output<typeof EmailId>;
export const ThreadId = z.uuid().brand<"Thread">();
export type ThreadId = z.output<typeof ThreadId>;
/** The parsed form of one raw message, shared by all accounts of a tenant that have it. */
export const MessageId = z.uuid().brand<"Message">();
export type MessageId = z.output<typeof MessageId>;
export const BlobId = z.uuid().brand<"Blob">();
export type BlobId = z.output<typeof BlobId>;
