import { MethodError, reference } from "../../app/jmap/batch.ts";
import type { Jmap } from "../../app/jmap/client.ts";
import {
  ChangesResult,
  EmailSummary,
  Mailbox,
  SUMMARY_PROPERTIES,
  getResult,
} from "../../app/jmap/objects.ts";
import { watchChanges } from "../../app/jmap/push.ts";
import { queryClient } from "../../app/query-client.ts";
import { mailboxesQuery } from "./mail-data.ts";

/** Keeps everything on the screen as the server has it.
 * @param onNewMail told of messages that came into the inbox unread since the last look   @returns stops it */
export function startSync(jmap: Jmap, onNewMail: (emails: readonly EmailSummary[]) => void): () => void {
  let state: string | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  const stop = new AbortController();

  /** One look at a time; a change that is announced during a look leads to another one. */
  function look(): void {
    if (running !== undefined) {
      again = true;
      return;
    }
    running = attempt();
  }

  async function attempt(): Promise<void> {
    try {
      await catchUp();
    } catch {
      // Without an answer now, the next change or the next poll looks again; a session that ended is noticed in `request`.
    }
    running = undefined;
    if (!again || stop.signal.aborted) return;
    again = false;
    look();
  }

  async function catchUp(): Promise<void> {
    if (state === undefined) {
      state = (await jmap.call("Email/get", { ids: [] }, getResult(EmailSummary))).state;
      return;
    }
    let more = true;
    while (more && !stop.signal.aborted) {
      try {
        more = await step(state);
      } catch (error) {
        if (!(error instanceof MethodError && error.type === "cannotCalculateChanges")) throw error;
        // RFC 8620 §5.2: what we hold is too old to be compared, so all of it is fetched again.
        state = undefined;
        await queryClient.invalidateQueries();
        return;
      }
    }
  }

  /** @returns whether the server has more */
  async function step(since: string): Promise<boolean> {
    const batch = jmap.batch();
    const changes = batch.add("Email/changes", { sinceState: since, maxChanges: 200 }, ChangesResult);
    const get = (path: string) => ({ "#ids": reference(changes, path), properties: SUMMARY_PROPERTIES });
    const created = batch.add("Email/get", get("/created"), getResult(EmailSummary));
    const updated = batch.add("Email/get", get("/updated"), getResult(EmailSummary));
    const boxes = batch.add("Mailbox/get", { ids: null }, getResult(Mailbox));
    const answer = await jmap.send(batch);
    const changed = answer.of(changes);
    const arrived = answer.of(created).list;
    for (const email of [...arrived, ...answer.of(updated).list])
      queryClient.setQueryData(["email", email.id], email);
    for (const id of changed.destroyed) queryClient.setQueryData(["email", id], null);
    const mailboxes = answer.of(boxes).list;
    queryClient.setQueryData(mailboxesQuery(jmap).queryKey, mailboxes);
    state = changed.newState;
    if (changed.created.length + changed.updated.length + changed.destroyed.length > 0) {
      await queryClient.invalidateQueries({ queryKey: ["list"] });
      void queryClient.invalidateQueries({ queryKey: ["thread"] });
    }
    const inbox = mailboxes.find(({ role }) => role === "inbox")?.id;
    const fresh = arrived.filter(({ mailboxIds, keywords }) => {
      return inbox !== undefined && mailboxIds[inbox] === true && keywords["$seen"] !== true;
    });
    if (fresh.length > 0) onNewMail(fresh);
    return changed.hasMoreChanges;
  }

  look();
  const stopWatching = watchChanges(jmap, look);
  return () => {
    stop.abort();
    stopWatching();
  };
}
