import { infiniteQueryOptions } from "@tanstack/react-query";
import type { z } from "zod";
import { getJson, request } from "../../app/http.ts";
import { type Params, refresh, search } from "./admin-data.ts";

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** A list that is read page by page. @param schema of one page */
export function pagedQuery<T>(path: string, params: Params, schema: z.ZodType<Page<T>>) {
  return infiniteQueryOptions({
    queryKey: ["admin", path, "pages", params],
    networkMode: "always",
    staleTime: 10_000,
    initialPageParam: "",
    queryFn: async ({ pageParam, signal }) =>
      getJson(`${path}${search({ ...params, cursor: pageParam })}`, schema, signal),
    getNextPageParam: (page) => page.nextCursor,
  });
}

type Method = "POST" | "PUT" | "PATCH" | "DELETE";

async function send(method: Method, path: string, body: unknown): Promise<Response> {
  return request(path, {
    method,
    headers: {
      accept: "application/json",
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** Changes something, and reads again what stands on the screen. @returns what the server answers
 * @throws {HttpProblem} @throws {Unreachable} */
export async function change<T>(
  method: Method,
  path: string,
  body: unknown,
  schema: z.ZodType<T>,
): Promise<T> {
  const response = await send(method, path, body);
  const answer = schema.parse(await response.json());
  await refresh();
  return answer;
}

/** As {@link change}, where the server answers nothing (204), or nothing of interest. */
export async function order(method: Method, path: string, body?: unknown): Promise<void> {
  await send(method, path, body);
  await refresh();
}

/** One part of a path: an address, a name, an id. */
export const inPath = (part: string): string => encodeURIComponent(part);
