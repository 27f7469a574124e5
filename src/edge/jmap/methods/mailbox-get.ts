import type { MailboxId } from "../../../kernel/id.ts";
import { countThreads, listMailboxes, type Mailbox, readModseq } from "../../../mailstore/index.ts";
import { printId } from "../../../protocol/jmap/index.ts";
import { checkGetSize, chosenProperties, GetArguments, pick } from "../arguments.ts";
import { MAIL } from "../capability.ts";
import { accountMethod, actualId } from "../method.ts";

const MAILBOX_PROPERTIES = [
  "id",
  "name",
  "parentId",
  "role",
  "sortOrder",
  "totalEmails",
  "unreadEmails",
  "totalThreads",
  "unreadThreads",
  "myRights",
  "isSubscribed",
] as const;

interface ThreadCounts {
  readonly total: number;
  readonly unread: number;
}

/** The inbox is stored under IMAP's name for it. */
export function shownName(box: Mailbox): string {
  return box.role === "inbox" ? "Inbox" : box.name;
}

/** One person has the account to themselves; only what the mail system itself needs is held back. */
export function rightsOf(box: Pick<Mailbox, "role">): Readonly<Record<string, boolean>> {
  return {
    mayReadItems: true,
    mayAddItems: true,
    mayRemoveItems: true,
    maySetSeen: true,
    maySetKeywords: true,
    mayCreateChild: true,
    mayRename: box.role !== "inbox",
    mayDelete: box.role === null,
    maySubmit: true,
  };
}

function mailboxObject(box: Mailbox, threads: ThreadCounts | undefined): Readonly<Record<string, unknown>> {
  return {
    id: printId("mailbox", box.id),
    name: shownName(box),
    parentId: box.parentId === null ? null : printId("mailbox", box.parentId),
    role: box.role,
    sortOrder: box.sortOrder,
    totalEmails: box.total,
    unreadEmails: box.unseen,
    totalThreads: threads?.total ?? 0,
    unreadThreads: threads?.unread ?? 0,
    myRights: rightsOf(box),
    isSubscribed: box.isSubscribed,
  };
}

/** RFC 8621 §2.1 */
export const mailboxGet = accountMethod("Mailbox/get", MAIL, GetArguments, async (context, args) => {
  checkGetSize(args.ids);
  const chosen = chosenProperties(args.properties, MAILBOX_PROPERTIES);
  const { tenantId, accountId } = context.principal;
  const wantsThreads = chosen.has("totalThreads") || chosen.has("unreadThreads");
  const [modseq, boxes, threads] = await context.deps.store.db.tenant(tenantId, (tx) =>
    Promise.all([
      readModseq(tx, accountId),
      listMailboxes(tx, accountId),
      wantsThreads ? countThreads(tx, accountId) : new Map<MailboxId, ThreadCounts>(),
    ]),
  );
  const byId = new Map(boxes.map((box) => [printId("mailbox", box.id), box]));
  const wanted = args.ids?.map((id) => actualId(context, id) ?? id) ?? [...byId.keys()];
  const list: object[] = [];
  const notFound: string[] = [];
  for (const id of new Set(wanted)) {
    const box = byId.get(id);
    if (box === undefined) notFound.push(id);
    else list.push(pick(mailboxObject(box, threads.get(box.id)), chosen));
  }
  return { accountId: args.accountId, state: String(modseq), list, notFound };
});
