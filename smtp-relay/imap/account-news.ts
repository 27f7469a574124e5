import type { MailboxId } from "../../src/kernel/id.ts";
import type { NotifyEvent } from "../../src/protocol/imap/index.ts";
import type { AccountWatch } from "./account-watch.ts";
import type { NamedMailbox } from "./mailbox-tree.ts";

/** Something that a session is to tell of its account (RFC 5465 §5). */
export type AccountNews =
  | { readonly is: "status"; readonly named: NamedMailbox; readonly withFlags: boolean }
  | { readonly is: "made" | "gone" | "subscription"; readonly named: NamedMailbox }
  | { readonly is: "renamed"; readonly named: NamedMailbox; readonly from: string };

/**
 * What is to be told of two moments of an account.
 * @param selected its messages are told by number, not here
 */
export function newsBetween(
  watch: AccountWatch,
  now: ReadonlyMap<MailboxId, NamedMailbox>,
  selected: MailboxId | undefined,
): AccountNews[] {
  const paths = new Set([...now.values()].map(({ path }) => path));
  const news: AccountNews[] = [];
  for (const [id, named] of watch.known) {
    if (now.has(id) || paths.has(named.path) || !watch.wants(named, "MailboxName")) continue;
    news.push({ is: "gone", named });
  }
  for (const [id, named] of now) news.push(...newsOf(watch, watch.known.get(id), named, id === selected));
  return news;
}

function newsOf(
  watch: AccountWatch,
  was: NamedMailbox | undefined,
  named: NamedMailbox,
  isSelected: boolean,
): AccountNews[] {
  const wants = (event: NotifyEvent): boolean => watch.wants(named, event);
  const news: AccountNews[] = [];
  if (was === undefined && wants("MailboxName")) news.push({ is: "made", named });
  if (
    was !== undefined &&
    was.path !== named.path &&
    (wants("MailboxName") || watch.wants(was, "MailboxName"))
  )
    news.push({ is: "renamed", named, from: was.path });
  if (was !== undefined && was.box.isSubscribed !== named.box.isSubscribed) {
    // Who hears of subscribed mailboxes hears of one that is no more.
    if (wants("SubscriptionChange") || watch.wants(was, "SubscriptionChange"))
      news.push({ is: "subscription", named });
  }
  const happened = isSelected ? [] : messageEvents(was, named);
  if (happened.some(wants)) news.push({ is: "status", named, withFlags: wants("FlagChange") });
  return news;
}

/** What happened to the messages of a mailbox, as far as its counts tell. */
function messageEvents(was: NamedMailbox | undefined, { box }: NamedMailbox): NotifyEvent[] {
  if (was === undefined) return box.total > 0 ? ["MessageNew"] : [];
  const before = was.box;
  if (before.contentModseq === box.contentModseq) return [];
  const come = box.uidNext - before.uidNext;
  const events: NotifyEvent[] = [];
  if (come > 0) events.push("MessageNew");
  if (box.total < before.total + come) events.push("MessageExpunge");
  // Flags may have changed in the same moment; their own event tells the same response.
  if (events.length === 0 || box.unseen !== before.unseen) events.push("FlagChange");
  return events;
}
