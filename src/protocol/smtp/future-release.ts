import { parseDateTime } from "../header/index.ts";

/** How far ahead a message may be held (RFC 4865 §3): a year and a bit. */
export const HOLD_SECONDS_MAX = 32_000_000;

/** `2026-12-24T18:00:00Z`; a zone other than UTC is allowed too (RFC 3339 §5.6, erratum 2040 of RFC 4865). */
const INTERNET_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** @returns milliseconds since the epoch, of whole seconds; null: this is no such moment */
export function parseInternetTime(text: string): number | null {
  const match = INTERNET_TIME.exec(text.toUpperCase());
  return match === null ? null : (parseDateTime(`${match[1]}${match[2]}`)?.ms ?? null);
}

/** When a message is released, by HOLDFOR or HOLDUNTIL.
 * @param now milliseconds since the epoch
 * @returns milliseconds since the epoch, never before `now`; "malformed"; or "too_far" */
export function readHold(
  keyword: "HOLDFOR" | "HOLDUNTIL",
  value: string,
  now: number,
): number | "malformed" | "too_far" {
  if (keyword === "HOLDFOR" && !/^\d{1,9}$/.test(value)) return "malformed";
  const until = keyword === "HOLDFOR" ? now + Number(value) * 1000 : parseInternetTime(value);
  if (until === null) return "malformed";
  return until > now + HOLD_SECONDS_MAX * 1000 ? "too_far" : Math.max(until, now);
}
