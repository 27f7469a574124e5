import { queryOptions, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { reference } from "../../app/jmap/batch.ts";
import type { Jmap } from "../../app/jmap/client.ts";
import { openJmap } from "../../app/jmap/client.ts";
import {
  BODY_PART_PROPERTIES,
  CONTENT_PROPERTIES,
  EmailContent,
  EmailSummary,
  Identity,
  Mailbox,
  QueryResult,
  SUMMARY_PROPERTIES,
  Thread,
  getResult,
} from "../../app/jmap/objects.ts";
import { queryClient } from "../../app/query-client.ts";
import { type ListView, toFilter } from "./search-query.ts";
import { loadSummary } from "./summary-loader.ts";

/** The first look at a list; scrolling asks for more. */
const FIRST_WINDOW = 60;
const WINDOW_STEP = 240;
/** A longer body is cut by the server and can be downloaded whole. */
const MAX_BODY_OCTETS = 2_000_000;

export const jmapQuery = queryOptions({
  queryKey: ["jmap"],
  staleTime: Infinity,
  gcTime: Infinity,
  queryFn: async ({ signal }) => openJmap(signal),
});

export function mailboxesQuery(jmap: Jmap) {
  return queryOptions({
    queryKey: ["mailboxes"],
    staleTime: Infinity,
    gcTime: Infinity,
    queryFn: async ({ signal }) =>
      (await jmap.call("Mailbox/get", { ids: null }, getResult(Mailbox), signal)).list,
  });
}

export function identitiesQuery(jmap: Jmap) {
  return queryOptions({
    queryKey: ["identities"],
    staleTime: Infinity,
    queryFn: async ({ signal }) =>
      (await jmap.call("Identity/get", { ids: null }, getResult(Identity), signal)).list,
  });
}

/** The ids that a list holds so far, newest first. `total` counts those not loaded yet as well. */
export interface MessageIds {
  readonly ids: readonly string[];
  readonly total: number;
}

export function listKey(view: ListView): readonly unknown[] {
  return ["list", view];
}

const windows = new Map<string, number>();
/** Every view that was looked at, so that a change can be shown in all of them. */
const views = new Map<string, ListView>();

/** The lists that are held at the moment. */
export function heldLists(): readonly { readonly view: ListView; readonly held: MessageIds }[] {
  return [...views.values()].flatMap((view) => {
    const held = queryClient.getQueryData<MessageIds>(listKey(view));
    return held === undefined ? [] : [{ view, held }];
  });
}

async function fetchIds(jmap: Jmap, view: ListView, signal: AbortSignal): Promise<MessageIds> {
  const wanted = windows.get(JSON.stringify(view)) ?? FIRST_WINDOW;
  views.set(JSON.stringify(view), view);
  const isFirst = queryClient.getQueryData(listKey(view)) === undefined;
  const ids = new Set<string>();
  let total = 0;
  let position = 0;
  do {
    const batch = jmap.batch();
    const limit = wanted - position;
    const query = batch.add(
      "Email/query",
      {
        filter: toFilter(view),
        sort: [{ property: "receivedAt", isAscending: false }],
        position,
        limit,
        calculateTotal: true,
      },
      QueryResult,
    );
    // The rows of a first look come along; later ones are fetched when they are scrolled to.
    const rows = isFirst
      ? batch.add(
          "Email/get",
          { "#ids": reference(query, "/ids"), properties: SUMMARY_PROPERTIES },
          getResult(EmailSummary),
        )
      : undefined;
    const answer = await jmap.send(batch, signal);
    const found = answer.of(query);
    if (rows !== undefined) keepSummaries(answer.of(rows).list);
    for (const id of found.ids) ids.add(id);
    total = found.total ?? position + found.ids.length;
    position += found.ids.length;
    if (found.ids.length === 0) break;
  } while (position < wanted && position < total);
  return { ids: [...ids], total };
}

/** What is held already is kept up to date by the sync and may know of a change that this answer is too old for. */
function keepSummaries(emails: readonly EmailSummary[]): void {
  for (const email of emails) {
    queryClient.setQueryData<EmailSummary | null>(["email", email.id], (held) => held ?? email);
  }
}

export interface MessageList {
  readonly query: UseQueryResult<MessageIds>;
  /** asks for the next window, if there is one */
  loadMore(): void;
}

export function useMessageList(jmap: Jmap, view: ListView | undefined): MessageList {
  const query = useQuery({
    queryKey: view === undefined ? ["list", "none"] : listKey(view),
    queryFn: ({ signal }): Promise<MessageIds> =>
      view === undefined ? Promise.resolve({ ids: [], total: 0 }) : fetchIds(jmap, view, signal),
    enabled: view !== undefined,
    staleTime: 5_000,
  });
  return {
    query,
    loadMore() {
      const data = query.data;
      if (view === undefined || data === undefined || query.isFetching || data.ids.length >= data.total)
        return;
      windows.set(JSON.stringify(view), data.ids.length + WINDOW_STEP);
      void query.refetch({ cancelRefetch: false });
    },
  };
}

/** null: the message is gone. */
export function summaryQuery(jmap: Jmap, id: string) {
  return queryOptions({
    queryKey: ["email", id],
    staleTime: Infinity,
    gcTime: Infinity,
    queryFn: async (): Promise<EmailSummary | null> => loadSummary(jmap, id),
  });
}

/** The parts of a message that never change, with the text of its bodies. null: the message is gone. */
export function contentQuery(jmap: Jmap, id: string) {
  return queryOptions({
    queryKey: ["content", id],
    staleTime: Infinity,
    queryFn: async ({ signal }): Promise<EmailContent | null> => {
      const args = {
        ids: [id],
        properties: CONTENT_PROPERTIES,
        bodyProperties: BODY_PART_PROPERTIES,
        fetchTextBodyValues: true,
        fetchHTMLBodyValues: true,
        maxBodyValueBytes: MAX_BODY_OCTETS,
      };
      const { list } = await jmap.call("Email/get", args, getResult(EmailContent), signal);
      return list[0] ?? null;
    },
  });
}

/** The other messages of a conversation, oldest first. */
export function threadQuery(jmap: Jmap, threadId: string) {
  return queryOptions({
    queryKey: ["thread", threadId],
    staleTime: 5_000,
    queryFn: async ({ signal }): Promise<readonly string[]> => {
      const batch = jmap.batch();
      const thread = batch.add("Thread/get", { ids: [threadId] }, getResult(Thread));
      const rows = batch.add(
        "Email/get",
        { "#ids": reference(thread, "/list/*/emailIds"), properties: SUMMARY_PROPERTIES },
        getResult(EmailSummary),
      );
      const answer = await jmap.send(batch, signal);
      keepSummaries(answer.of(rows).list);
      return answer.of(thread).list[0]?.emailIds ?? [];
    },
  });
}

/** Ids of all messages in a folder, page by page. */
export async function allIdsIn(jmap: Jmap, mailboxId: string): Promise<readonly string[]> {
  const ids = new Set<string>();
  for (;;) {
    const args = { filter: { inMailbox: mailboxId }, position: ids.size, limit: 500 };
    const page = await jmap.call("Email/query", args, QueryResult);
    const before = ids.size;
    for (const id of page.ids) ids.add(id);
    if (ids.size === before) return [...ids];
  }
}
