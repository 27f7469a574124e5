import { evaluatePointer, parsePointer } from "./json-pointer.ts";
import { type Invocation, isJsonObject, type JsonObject } from "./request.ts";

/** Arguments with their references filled in, or the method-level error to answer with. */
export type Resolved =
  | { readonly ok: true; readonly args: JsonObject }
  | {
      readonly ok: false;
      readonly type: "invalidResultReference" | "invalidArguments";
      readonly description: string;
    };

/** Replaces every `#name` argument by what its ResultReference finds in the responses so far (RFC 8620 §3.7). */
export function resolveReferences(args: JsonObject, responses: readonly Invocation[]): Resolved {
  if (!Object.keys(args).some((name) => name.startsWith("#"))) return { ok: true, args };
  const resolved: [string, unknown][] = [];
  for (const [name, value] of Object.entries(args)) {
    if (!name.startsWith("#")) {
      resolved.push([name, value]);
      continue;
    }
    const plain = name.slice(1);
    if (Object.hasOwn(args, plain))
      return { ok: false, type: "invalidArguments", description: `both ${plain} and ${name} are given` };
    const found = follow(value, responses);
    if (found === undefined)
      return { ok: false, type: "invalidResultReference", description: `${name} refers to nothing` };
    resolved.push([plain, found]);
  }
  return { ok: true, args: Object.fromEntries(resolved) };
}

function follow(reference: unknown, responses: readonly Invocation[]): unknown {
  if (!isJsonObject(reference)) return undefined;
  const { resultOf, name, path } = reference;
  if (typeof resultOf !== "string" || typeof name !== "string" || typeof path !== "string") return undefined;
  // The first response to that call counts, and it must be of the method that is named.
  const response = responses.find(([, , callId]) => callId === resultOf);
  if (response?.[0] !== name) return undefined;
  const tokens = parsePointer(path);
  return tokens === null ? undefined : evaluatePointer(response[1], tokens);
}
