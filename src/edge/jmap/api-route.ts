import type { Context, Handler } from "hono";
import { parseJmapRequest } from "../../protocol/jmap/index.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";
import { CAPABILITIES } from "./capability.ts";
import { Concurrency } from "./concurrency.ts";
import { JMAP_LIMITS } from "./jmap-limits.ts";
import { newContext } from "./method.ts";
import { processRequest } from "./process-request.ts";
import { sendRequestError } from "./request-error.ts";

/** The body's text; undefined when it is larger than `maxBytes`, null when it is no UTF-8.
 * What is left unread must be given up: workerd can't read it after the answer. */
async function readText(request: Request, maxBytes: number): Promise<string | null | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) {
    await request.body?.cancel();
    return undefined;
  }
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
    const piece: Uint8Array = next.value;
    size += piece.length;
    if (size > maxBytes) {
      await reader?.cancel();
      return undefined;
    }
    pieces.push(piece);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}

function parseJson(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

/** `POST /jmap/api` (RFC 8620 §3.1) */
export function apiRoute(deps: EdgeDeps): Handler<SignedInEnv> {
  const concurrency = new Concurrency(JMAP_LIMITS.maxConcurrentRequests);
  return async (c) => {
    const principal = c.get("principal");
    const leave = concurrency.enter(principal.accountId);
    if (leave === null) {
      await c.req.raw.body?.cancel();
      return sendRequestError(c, "limit", "too many requests at once", "maxConcurrentRequests");
    }
    try {
      return await answer(c, deps);
    } finally {
      leave();
    }
  };
}

async function answer(c: Context<SignedInEnv>, deps: EdgeDeps): Promise<Response> {
  if (!/^application\/json\s*(?:;|$)/i.test(c.req.header("content-type") ?? ""))
    return sendRequestError(c, "notJSON", "the content type is application/json");
  const text = await readText(c.req.raw, JMAP_LIMITS.maxSizeRequest);
  if (text === undefined) return sendRequestError(c, "limit", "the request is too large", "maxSizeRequest");
  const json = text === null ? null : parseJson(text);
  if (json === null) return sendRequestError(c, "notJSON", "the body is no JSON in UTF-8");
  const request = parseJmapRequest(json.value);
  if (!request.ok) return sendRequestError(c, "notRequest", request.expected);
  const { using, methodCalls, createdIds } = request.value;
  const unknown = using.find((name) => !CAPABILITIES.has(name));
  if (unknown !== undefined) return sendRequestError(c, "unknownCapability", unknown);
  if (methodCalls.length > JMAP_LIMITS.maxCallsInRequest)
    return sendRequestError(c, "limit", "too many method calls", "maxCallsInRequest");
  const context = newContext(
    deps,
    c.get("principal"),
    createdIds ?? {},
    deps.clientAddress(c),
    c.get("reader") !== undefined,
  );
  const response = await processRequest(context, request.value);
  c.header("cache-control", "no-store");
  return c.json(response);
}
