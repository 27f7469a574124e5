import type { z } from "zod";
import { Problem } from "../../src/contract/problem.ts";

/** The server answered with an error; `problem.code` says which. */
export class HttpProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.status} ${problem.code}`);
    this.name = "HttpProblem";
    this.problem = problem;
  }
}

/** No answer came: offline, refused, cut off. Trying again may help. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("the server can't be reached", { cause });
    this.name = "Unreachable";
  }
}

/** Reads an error answer, also one that a proxy made and that is no problem document. */
async function problemOf(response: Response): Promise<HttpProblem> {
  const body: unknown = await response.json().catch(() => null);
  const parsed = Problem.safeParse(body);
  if (parsed.success) return new HttpProblem(parsed.data);
  const fallback = {
    type: "about:blank",
    title: response.statusText,
    status: response.status,
    code: "unexpected",
  };
  return new HttpProblem(fallback);
}

const signedOutListeners = new Set<() => void>();

/** Calls `listener` whenever the server no longer knows who we are. @returns stops it */
export function onSignedOut(listener: () => void): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

/** `fetch` on our own origin.
 * @throws {Unreachable} without an answer   @throws {HttpProblem} with any answer but 2xx */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable(error);
  }
  if (response.status === 401) for (const tell of signedOutListeners) tell();
  if (!response.ok) throw await problemOf(response);
  return response;
}

export async function getJson<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T> {
  const response = await request(path, {
    headers: { accept: "application/json" },
    ...(signal && { signal }),
  });
  return schema.parse(await response.json());
}

export async function postJson<T>(
  path: string,
  body: unknown,
  schema: z.ZodType<T>,
  signal?: AbortSignal,
): Promise<T> {
  const response = await request(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
  return schema.parse(await response.json());
}

/** Whether the session is over, so that only signing in again helps. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof HttpProblem && error.problem.status === 401;
}
