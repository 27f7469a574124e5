import type { TenantTx } from "../../src/db/index.ts";
import { MailError } from "../../src/kernel/error.ts";
import type { AccountId, MailboxId } from "../../src/kernel/id.ts";
import { type ChangedAnnotation, listAnnotationChanges } from "../../src/mailstore/index.ts";
import {
  type FetchItem,
  type StatusValue,
  printCondition,
  printMetadataNames,
  printRenamed,
  printList,
  printStatus,
} from "../../src/protocol/imap/index.ts";
import { type AccountNews, newsBetween } from "./account-news.ts";
import type { AccountWatch } from "./account-watch.ts";
import { fetch } from "./commands/fetch.ts";
import { type NamedMailbox, readTree, specialUse } from "./mailbox-tree.ts";
import { knowUid } from "./know-uids.ts";
import { readNames } from "./namespaces.ts";
import { tellNews } from "./notify.ts";
import type { ImapSession } from "./session.ts";
import { statusOfRow } from "./status-values.ts";

/** More at once than this nobody wants to hear of one by one. */
const MOST = 1_000;
/** When the database is away, the news is looked up again after this. */
const AGAIN_MS = 1_000;

/** Tells what NOTIFY asked for and what has happened by now. A session without NOTIFY has no watch. */
export async function tellAccount(session: ImapSession): Promise<void> {
  const { watch } = session;
  if (watch === undefined) return;
  try {
    await tellSelected(session, watch);
    if (watch.isDirty) await tellRest(session, watch);
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    watch.isDirty = false;
    watch.later(AGAIN_MS);
  }
}

/** The selected mailbox: at once, not only with the next command (RFC 5465 §6.1). */
async function tellSelected(session: ImapSession, watch: AccountWatch): Promise<void> {
  const { selected } = watch;
  const box = session.selected;
  if (selected === undefined || box === undefined || !selected.events.has("MessageNew")) return;
  const mayExpunge = selected.filter.of === "selected" || session.idling !== undefined;
  if (box.isDirty) await tellNews(session, mayExpunge);
  const told = watch.fetched?.box === box ? watch.fetched.uid : undefined;
  watch.fetched = { box, uid: box.highestTold };
  if (told !== undefined && selected.fetch.length > 0) await tellItems(session, selected.fetch, told);
}

/** The data items of the messages above a UID. */
async function tellItems(session: ImapSession, items: readonly FetchItem[], above: number): Promise<void> {
  const { box } = session;
  if (box.lastUid <= above) return;
  await knowUid(session, above + 1);
  const uid = session.enabled.has("UIDONLY");
  const range = uid
    ? { first: above + 1, last: box.lastUid }
    : { first: box.numberFrom(above + 1), last: box.count };
  await fetch.run(session, { tag: "*", name: "FETCH", uid, set: [range], items, changedSince: undefined });
}

async function tellRest(session: ImapSession, watch: AccountWatch): Promise<void> {
  watch.isDirty = false;
  const { now, annotations } = await session.transaction((tx, accountId) => look(tx, accountId, watch));
  const news = newsBetween(watch, now, session.selected?.id);
  watch.known = now;
  watch.follow();
  watch.modseq = annotations.at(-1)?.modseq ?? watch.modseq;
  if (news.length + annotations.length > MOST) {
    // RFC 5465 §5.8: from here on it is as if NOTIFY NONE had been said.
    session.endWatching();
    await session.send(printCondition("*", "OK", "too much has changed", "NOTIFICATIONOVERFLOW"));
    return;
  }
  for (const one of news) await session.send(print(session, one));
  await tellAnnotations(session, watch, annotations);
}

/** How the account is now: one statement, and one more where annotations are wanted. */
async function look(
  tx: TenantTx,
  accountId: AccountId,
  watch: AccountWatch,
): Promise<{ now: ReadonlyMap<MailboxId, NamedMailbox>; annotations: readonly ChangedAnnotation[] }> {
  const { all } = await (watch.reaches ? readNames : readTree)(tx, accountId);
  const annotations = watch.wantsMetadata
    ? await listAnnotationChanges(tx, accountId, accountId, watch.modseq, MOST + 1)
    : [];
  return { now: new Map(all.map((named) => [named.box.id, named])), annotations };
}

function print(session: ImapSession, news: AccountNews): string {
  const { nameEncoding } = session;
  const { path, box } = news.named;
  if (news.is === "status")
    return printStatus(path, statusOf(session, news.named, news.withFlags), nameEncoding);
  if (news.is === "gone")
    return printList("LIST", { name: path, attributes: ["\\NonExistent"] }, nameEncoding);
  const attributes = [news.named.hasChildren ? "\\HasChildren" : "\\HasNoChildren"];
  const use = specialUse(box);
  if (use !== undefined) attributes.push(use);
  if (box.isSubscribed) attributes.push("\\Subscribed");
  const listed = { name: path, attributes };
  return news.is === "renamed"
    ? printRenamed(listed, news.from, nameEncoding)
    : printList("LIST", listed, nameEncoding);
}

/** What is told of messages of other mailboxes (RFC 5465 §5.2 to §5.4). */
function statusOf(session: ImapSession, { box }: NamedMailbox, withFlags: boolean): StatusValue[] {
  const items: Parameters<typeof statusOfRow>[1][] = ["MESSAGES", "UIDNEXT", "UIDVALIDITY", "UNSEEN"];
  if (withFlags || session.enabled.has("CONDSTORE")) items.push("HIGHESTMODSEQ");
  return items.map((item) => statusOfRow(box, item));
}

async function tellAnnotations(
  session: ImapSession,
  watch: AccountWatch,
  annotations: readonly ChangedAnnotation[],
): Promise<void> {
  const others = annotations.filter(({ modseq }) => !watch.ownModseqs.delete(modseq));
  for (const [mailboxId, changed] of Map.groupBy(others, (one) => one.mailboxId)) {
    const named = mailboxId === undefined ? undefined : watch.known.get(mailboxId);
    if (mailboxId !== undefined && named === undefined) continue;
    const isWanted = named ? watch.wantsMetadataOf(named) : watch.wantsServerMetadata;
    if (!isWanted) continue;
    const entries = changed.map(({ entry }) => entry);
    await session.send(printMetadataNames(named?.path ?? "", entries, session.nameEncoding));
  }
}

/** How the mailboxes of a watch are now, where their messages are of interest (RFC 5465 §3.1). */
export async function tellStatus(session: ImapSession, watch: AccountWatch): Promise<void> {
  for (const named of watch.known.values()) {
    if (named.box.id === session.selected?.id || !watch.wants(named, "MessageNew")) continue;
    const values = statusOf(session, named, watch.wants(named, "FlagChange"));
    await session.send(printStatus(named.path, values, session.nameEncoding));
  }
}
