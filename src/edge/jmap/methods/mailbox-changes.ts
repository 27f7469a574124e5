import { listMailboxChanges } from "../../../mailstore/index.ts";
import { changesMethod } from "../changes-method.ts";

const COUNTS = ["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"];

/** RFC 8621 §2.2 */
export const mailboxChanges = changesMethod("Mailbox", listMailboxChanges, ({ countsOnly, updated }) => ({
  updatedProperties: countsOnly && updated.length > 0 ? COUNTS : null,
}));
