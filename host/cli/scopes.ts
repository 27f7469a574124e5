import type { Scope } from "../../src/tenants/index.ts";
import { UsageError } from "./command.ts";

export const SCOPES: readonly Scope[] = ["imap", "pop3", "smtp", "sieve", "jmap", "dav"];
const isScope = (text: string): text is Scope => SCOPES.some((scope) => scope === text);

/** `imap,smtp`. @throws {UsageError} */
export function parseScopes(text: string): readonly Scope[] {
  const scopes = text.split(",").map((scope) => scope.trim());
  const wrong = scopes.filter((scope) => !isScope(scope));
  if (wrong.length > 0)
    throw new UsageError(`--scope is made of ${SCOPES.join(", ")}; not ${wrong.join(", ")}.`);
  return scopes.filter(isScope);
}
