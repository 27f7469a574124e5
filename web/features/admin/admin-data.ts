import { queryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import { Trace, TracePage } from "../../../src/contract/history.ts";
import { MailPolicy } from "../../../src/contract/mail-policy.ts";
import { Overview } from "../../../src/contract/overview.ts";
import { BulkHeldResult, HeldDetail, HeldList } from "../../../src/contract/quarantine.ts";
import {
  type QueueAction,
  QueueActionResult,
  QueueEntryDetail,
  QueuePage,
} from "../../../src/contract/queue.ts";
import { DmarcOverview, TlsOverview } from "../../../src/contract/reports.ts";
import { getJson, postJson, request } from "../../app/http.ts";
import { queryClient } from "../../app/query-client.ts";

export type Params = Readonly<Record<string, string | number | undefined>>;

/** The query of an address, with its question mark; what is not given is left out. */
export function search(params: Params): string {
  const given = Object.entries(params).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === "" ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}

/** A page of the administration says at once when the server can't be reached: what it shows must not be old. */
export function adminQuery<T>(path: string, schema: z.ZodType<T>) {
  return queryOptions({
    queryKey: ["admin", path],
    networkMode: "always",
    staleTime: 10_000,
    queryFn: async ({ signal }) => getJson(path, schema, signal),
  });
}

export const overviewQuery = adminQuery("/v1/overview", Overview);
export const queueQuery = (params: Params) => adminQuery(`/v1/queue${search(params)}`, QueuePage);
export const queueEntryQuery = (id: string) => adminQuery(`/v1/queue/${id}`, QueueEntryDetail);
export const tracesQuery = (params: Params) => adminQuery(`/v1/history${search(params)}`, TracePage);
export const traceQuery = (id: string) => adminQuery(`/v1/history/${id}`, Trace);
export const heldListQuery = (params: Params) => adminQuery(`/v1/quarantine${search(params)}`, HeldList);
export const heldQuery = (id: string) => adminQuery(`/v1/quarantine/${id}`, HeldDetail);
export const policyQuery = adminQuery("/v1/mail-policy", MailPolicy);
export const dmarcQuery = (params: Params) => adminQuery(`/v1/reports/dmarc${search(params)}`, DmarcOverview);
export const tlsQuery = (params: Params) => adminQuery(`/v1/reports/tls${search(params)}`, TlsOverview);

/** Reads again what stands on the screen. */
export async function refresh(): Promise<void> {
  await queryClient.invalidateQueries({ queryKey: ["admin"] });
}

export async function changeQueue(action: QueueAction): Promise<QueueActionResult> {
  const result = await postJson("/v1/queue/actions", action, QueueActionResult);
  await refresh();
  return result;
}

/** @returns how many were decided, and how many could not be */
export async function decideHeld(
  action: "release" | "delete",
  ids: readonly string[],
): Promise<{ readonly done: number; readonly failed: number }> {
  const { results } = await postJson("/v1/quarantine/bulk", { action, ids }, BulkHeldResult);
  await refresh();
  const done = results.filter((one) => one.code === null).length;
  return { done, failed: results.length - done };
}

export async function savePolicy(policy: MailPolicy): Promise<MailPolicy> {
  const response = await request("/v1/mail-policy", {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(policy),
  });
  const saved = MailPolicy.parse(await response.json());
  queryClient.setQueryData(policyQuery.queryKey, saved);
  return saved;
}
