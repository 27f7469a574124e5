import type { FetchItem } from "./fetch-item.ts";

/** What NOTIFY can tell of (RFC 5465 §5), as it is spelt in BADEVENT. Annotations of messages (RFC 5257) there are none. */
export const NOTIFY_EVENTS = [
  "MessageNew",
  "MessageExpunge",
  "FlagChange",
  "MailboxName",
  "SubscriptionChange",
  "MailboxMetadataChange",
  "ServerMetadataChange",
] as const;

export type NotifyEvent = (typeof NOTIFY_EVENTS)[number];

/** Which mailboxes a group is about (RFC 5465 §6). */
export type NotifyFilter =
  | { readonly of: "selected" | "selected-delayed" | "inboxes" | "personal" | "subscribed" }
  | { readonly of: "subtree" | "mailboxes"; readonly names: readonly string[] };

export interface NotifyGroup {
  readonly filter: NotifyFilter;
  /** Empty: nothing is told of these mailboxes. */
  readonly events: ReadonlySet<NotifyEvent>;
  /** What is told of each new message of the selected mailbox. */
  readonly fetch: readonly FetchItem[];
}

/** What NOTIFY SET asks for. Of several groups that a mailbox is in, the first one counts. */
export interface NotifyRequest {
  /** Tell how the mailboxes are now. */
  readonly status: boolean;
  readonly groups: readonly NotifyGroup[];
  /** Names of events that nobody here knows. */
  readonly unknown: readonly string[];
}
