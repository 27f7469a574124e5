import type { Parsed } from "../../kernel/parsed.ts";
import { parsePointer } from "./json-pointer.ts";
import { isJsonObject, type JsonObject } from "./request.ts";

/** Applies a PatchObject (RFC 8620 §5.3) to a copy of `target`; null removes a key.
 * @returns the patched object, or in `expected` the path that can't be applied (an invalidPatch error) */
export function applyPatch(target: JsonObject, patch: JsonObject): Parsed<JsonObject> {
  const paths = Object.entries(patch).map(([path, value]) => ({
    path,
    tokens: parsePointer(`/${path}`) ?? [],
    value,
  }));
  let result: JsonObject | null = target;
  for (const { path, tokens, value } of paths) {
    // A path that leads into a value that another path sets has no meaning.
    const clash = paths.some(
      (other) => other.tokens.length < tokens.length && other.tokens.every((token, i) => token === tokens[i]),
    );
    result = clash ? null : setAt(result, tokens, value);
    if (result === null) return { ok: false, at: 0, expected: path };
  }
  return { ok: true, value: result };
}

function setAt(target: JsonObject, tokens: readonly string[], value: unknown): JsonObject | null {
  const [first, ...rest] = tokens;
  if (first === undefined) return null;
  if (rest.length === 0) {
    if (value !== null) return { ...target, [first]: value };
    return Object.fromEntries(Object.entries(target).filter(([key]) => key !== first));
  }
  // Everything before the last token must be there, and a patch can't reach into an array.
  const inner = Object.hasOwn(target, first) ? target[first] : undefined;
  const changed = isJsonObject(inner) ? setAt(inner, rest, value) : null;
  return changed === null ? null : { ...target, [first]: changed };
}
