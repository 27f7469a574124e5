import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import {
  HeldDecision,
  type HeldItem,
  HeldLink,
  HeldList,
  type HoldReason,
} from "../../../src/contract/quarantine.ts";
import { getJson, HttpProblem, postJson } from "../../app/http.ts";

/** What waits for the person who is signed in, newest first. */
export const heldQuery = infiniteQueryOptions({
  queryKey: ["held"],
  initialPageParam: "",
  queryFn: async ({ pageParam, signal }) => {
    const cursor = pageParam === "" ? "" : `&cursor=${pageParam}`;
    return getJson(`/quarantine/messages?state=waiting&limit=50${cursor}`, HeldList, signal);
  },
  getNextPageParam: (page) => page.nextCursor,
});

export async function decideHeld(id: HeldItem["id"], action: "release" | "delete"): Promise<HeldDecision> {
  return postJson(`/quarantine/messages/${id}/${action}`, {}, HeldDecision);
}

/** What a link in a digest is for. @param token what stands behind its `#` */
export const linkQuery = (token: string) =>
  queryOptions({
    queryKey: ["held-link", token],
    // Nothing was changed by looking; somebody else may have decided meanwhile.
    staleTime: 0,
    retry: false,
    queryFn: async () => postJson("/quarantine/link", { token }, HeldLink),
  });

export async function takeLink(token: string): Promise<HeldDecision> {
  return postJson("/quarantine/link/use", { token }, HeldDecision);
}

/** The code of a refusal, to tell those that have words of their own. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof HttpProblem ? error.problem.code : undefined;

/** Why a message is held, in plain words. */
export function whyHeld(t: TFunction, reasons: readonly HoldReason[]): string {
  const codes = [...new Set(reasons.map((reason) => reason.code))];
  return codes.map((code) => t(`held.reason.${code}`)).join(" ");
}
