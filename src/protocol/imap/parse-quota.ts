import type { CommandArgs } from "./command.ts";
import type { Scanner } from "./scanner.ts";

/** Longest name of a quota root that is looked at; ours is empty. */
const MAX_ROOT = 255;

function quotaRoot(s: Scanner): string {
  s.space();
  const start = s.at;
  const bytes = s.astring();
  if (bytes.length > MAX_ROOT) s.fail(`a quota root of at most ${MAX_ROOT} octets`, start);
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** Reads the arguments of GETQUOTA (RFC 9208 §4.1.1). */
export function getQuota(s: Scanner): CommandArgs["GETQUOTA"] {
  return { root: quotaRoot(s) };
}

/** Reads the arguments of SETQUOTA: `"" (STORAGE 512)` (RFC 9208 §4.1.3). */
export function setQuota(s: Scanner): CommandArgs["SETQUOTA"] {
  const root = quotaRoot(s);
  s.space();
  const limits = s.list((): readonly [string, number] => {
    const resource = s.atom().toUpperCase();
    s.space();
    return [resource, s.number64()];
  });
  return { root, limits };
}
