import type { Parsed } from "../../kernel/parsed.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** One method call, or one response to it (RFC 8620 §3.2). */
export type Invocation = readonly [name: string, args: JsonObject, callId: string];

/** RFC 8620 §3.3 */
export interface JmapRequest {
  readonly using: readonly string[];
  readonly methodCalls: readonly Invocation[];
  /** creation id → id that the server gave it, of earlier requests */
  readonly createdIds?: Readonly<Record<string, string>>;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isInvocation(value: unknown): value is Invocation {
  return (
    Array.isArray(value) &&
    value.length === 3 &&
    typeof value[0] === "string" &&
    isJsonObject(value[1]) &&
    typeof value[2] === "string"
  );
}

const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

const isStringMap = (value: unknown): value is Readonly<Record<string, string>> =>
  isJsonObject(value) && Object.values(value).every((one) => typeof one === "string");

const refuse = (expected: string): { readonly ok: false; readonly at: 0; readonly expected: string } => ({
  ok: false,
  at: 0,
  expected,
});

/** Checks that parsed JSON is a Request object (RFC 8620 §3.3); what it doesn't know it passes over. */
export function parseJmapRequest(body: unknown): Parsed<JmapRequest> {
  if (!isJsonObject(body)) return refuse("an object");
  const { using, methodCalls, createdIds } = body;
  if (!isStrings(using)) return refuse("using: a list of capability URIs");
  if (!Array.isArray(methodCalls)) return refuse("methodCalls: a list of invocations");
  const bad = methodCalls.findIndex((call) => !isInvocation(call));
  if (bad >= 0) return refuse(`methodCalls[${bad}]: [name, arguments, call id]`);
  const calls = methodCalls.filter(isInvocation);
  if (createdIds === undefined || createdIds === null)
    return { ok: true, value: { using, methodCalls: calls } };
  if (!isStringMap(createdIds)) return refuse("createdIds: a map of ids");
  return { ok: true, value: { using, methodCalls: calls, createdIds } };
}
