import type { TFunction } from "i18next";
import { explain } from "../../app/explain.ts";
import type { Jmap } from "../../app/jmap/client.ts";
import { type EmailSummary, type Mailbox, SetResult } from "../../app/jmap/objects.ts";
import { queryClient } from "../../app/query-client.ts";
import { toast } from "../../ui/toast.tsx";
import type { Folder } from "./folders.ts";
import { type MessageIds, heldLists, listKey, mailboxesQuery, summaryQuery } from "./mail-data.ts";

interface Change {
  readonly update?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly destroy?: readonly string[];
}

let lastWrite: Promise<void> = Promise.resolve();

/** Everything that can be done to messages. Each change shows at once and is taken back if the server refuses. */
export interface MailActions {
  setKeyword(ids: readonly string[], keyword: "$seen" | "$flagged", on: boolean): void;
  /** to one folder, out of all others; can be undone for as long as the toast stands */
  move(ids: readonly string[], to: Folder): void;
  /** for ever; the caller has asked */
  destroy(ids: readonly string[]): Promise<void>;
}

export function mailActions(jmap: Jmap, t: TFunction): MailActions {
  /** "Select all" reaches messages whose rows were never in view; those are fetched first. */
  async function load(ids: readonly string[]): Promise<readonly EmailSummary[]> {
    const all = await Promise.all(ids.map((id) => queryClient.ensureQueryData(summaryQuery(jmap, id))));
    return all.filter((email) => email !== null);
  }

  /** One write after the other, so that an undo can't overtake what it undoes. */
  async function write(change: Change): Promise<void> {
    const turn = lastWrite.then(
      () => commit(change),
      () => commit(change),
    );
    lastWrite = turn;
    await turn;
  }

  async function commit(args: Change): Promise<void> {
    const limit = jmap.limits.maxObjectsInSet;
    const updates = Object.entries(args.update ?? {});
    const doomed = args.destroy ?? [];
    for (let at = 0; at < Math.max(updates.length, doomed.length); at += limit) {
      const result = await jmap.call(
        "Email/set",
        { update: Object.fromEntries(updates.slice(at, at + limit)), destroy: doomed.slice(at, at + limit) },
        SetResult,
      );
      // What is gone already needs no change any more.
      const refused = Object.values({ ...result.notUpdated, ...result.notDestroyed });
      if (refused.some(({ type }) => type !== "notFound")) throw new Error(`refused: ${refused[0]?.type}`);
    }
  }

  function failed(error: unknown): void {
    void queryClient.invalidateQueries({ queryKey: ["email"] });
    void queryClient.invalidateQueries({ queryKey: ["list"] });
    void queryClient.invalidateQueries({ queryKey: ["mailboxes"] });
    toast({ message: `${t("action.failed")} ${explain(t, error)}`, kind: "failure" });
  }

  function replace(emails: readonly EmailSummary[], change: (email: EmailSummary) => EmailSummary): void {
    const unread = new Map<string, number>();
    const count = (email: EmailSummary, by: number): void => {
      if (email.keywords["$seen"] === true || email.keywords["$draft"] === true) return;
      for (const box of Object.keys(email.mailboxIds)) unread.set(box, (unread.get(box) ?? 0) + by);
    };
    for (const email of emails) {
      const next = change(email);
      count(email, -1);
      count(next, 1);
      queryClient.setQueryData(["email", email.id], next);
    }
    queryClient.setQueryData(mailboxesQuery(jmap).queryKey, (boxes: Mailbox[] | undefined) =>
      boxes?.map((box) => ({
        ...box,
        unreadEmails: Math.max(0, box.unreadEmails + (unread.get(box.id) ?? 0)),
      })),
    );
  }

  function place(
    emails: readonly EmailSummary[],
    where: (email: EmailSummary) => Record<string, boolean>,
  ): void {
    replace(emails, (email) => ({ ...email, mailboxIds: where(email) }));
    const update = Object.fromEntries(emails.map((email) => [email.id, { mailboxIds: where(email) }]));
    void write({ update }).then(() => queryClient.invalidateQueries({ queryKey: ["list"] }), failed);
  }

  async function setKeyword(ids: readonly string[], keyword: string, on: boolean): Promise<void> {
    const emails = (await load(ids)).filter((email) => (email.keywords[keyword] === true) !== on);
    if (emails.length === 0) return;
    replace(emails, (email) => {
      const { [keyword]: _, ...others } = email.keywords;
      return { ...email, keywords: on ? { ...others, [keyword]: true } : others };
    });
    const patch = { [`keywords/${keyword}`]: on ? true : null };
    await write({ update: Object.fromEntries(emails.map(({ id }) => [id, patch])) });
  }

  async function move(ids: readonly string[], to: Folder): Promise<void> {
    const before = await load(ids);
    if (before.length === 0) return;
    leaveLists(ids, (mailboxId) => mailboxId === null || mailboxId === to.mailbox.id);
    place(before, () => ({ [to.mailbox.id]: true }));
    async function undo(): Promise<void> {
      const old = new Map(before.map((email) => [email.id, email.mailboxIds]));
      place(await load(before.map(({ id }) => id)), (email) => old.get(email.id) ?? email.mailboxIds);
    }
    toast({
      message: t("action.moved", { count: before.length, folder: to.name }),
      action: { label: t("action.undo"), run: () => void undo().catch(failed) },
    });
  }

  return {
    setKeyword: (ids, keyword, on) => void setKeyword(ids, keyword, on).catch(failed),
    move: (ids, to) => void move(ids, to).catch(failed),
    async destroy(ids) {
      leaveLists(ids, () => false);
      try {
        await write({ destroy: ids });
        toast({ message: t("action.destroyed", { count: ids.length }) });
      } catch (error) {
        failed(error);
      }
    },
  };
}

/** Takes messages out of every list that shows a folder they are not in any more. */
function leaveLists(ids: readonly string[], stays: (mailboxId: string | null) => boolean): void {
  const gone = new Set(ids);
  void queryClient.cancelQueries({ queryKey: ["list"] });
  for (const { view, held } of heldLists()) {
    if (stays(view.mailboxId)) continue;
    const left = held.ids.filter((id) => !gone.has(id));
    const total = held.total - (held.ids.length - left.length);
    queryClient.setQueryData<MessageIds>(listKey(view), { ids: left, total });
  }
}
