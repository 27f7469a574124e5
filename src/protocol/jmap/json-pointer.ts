import { isJsonObject } from "./request.ts";

/** Splits a JSON pointer (RFC 6901 §3) into its unescaped tokens; null if it doesn't begin with `/`. "" is the whole. */
export function parsePointer(pointer: string): readonly string[] | null {
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) return null;
  return pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** What a pointer finds; `undefined` is no JSON value, so it stands for nothing. */
type Found = unknown;

/** Evaluates a pointer in which `*` maps over an array and joins arrays that come out (RFC 8620 §3.7).
 * @returns undefined when it leads nowhere */
export function evaluatePointer(value: unknown, tokens: readonly string[]): Found {
  const [token, ...rest] = tokens;
  if (token === undefined) return value;
  if (Array.isArray(value)) {
    if (token === "*") return mapOver(value, rest);
    if (!/^(?:0|[1-9]\d*)$/.test(token)) return undefined;
    return evaluatePointer(value[Number(token)], rest);
  }
  if (isJsonObject(value) && Object.hasOwn(value, token)) return evaluatePointer(value[token], rest);
  return undefined;
}

function mapOver(items: readonly unknown[], rest: readonly string[]): Found {
  const out: unknown[] = [];
  for (const item of items) {
    const found = evaluatePointer(item, rest);
    if (found === undefined) return undefined;
    if (Array.isArray(found)) for (const one of found as readonly unknown[]) out.push(one);
    else out.push(found);
  }
  return out;
}
