import { daysFromEpoch } from "../header/date-time.ts";
import { formatDateTime, type ZonedTime } from "../header/index.ts";

/** A UTCDate (RFC 8620 §1.4): `2014-10-30T06:12:00Z`. Fractions of a second are cut off. @param ms since 1970 */
export function printUtcDate(ms: number): string {
  return formatDateTime({ ms, zoneMinutes: 0 });
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d*[1-9])?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/** Parses a Date of RFC 8620 §1.4 (RFC 3339, capital letters, no zero fraction), or null.
 * A UTCDate is one that ends in `Z`. */
export function parseJsonDate(text: string): ZonedTime | null {
  const match = DATE.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60) return null;
  const next = month === 12 ? daysFromEpoch(year + 1, 1, 1) : daysFromEpoch(year, month + 1, 1);
  if (day < 1 || day > next - daysFromEpoch(year, month, 1)) return null;
  const zone = (Number(match[8] ?? 0) * 60 + Number(match[9] ?? 0)) * (match[7] === "-" ? -1 : 1);
  const minutes = (daysFromEpoch(year, month, day) * 24 + hour) * 60 + minute - zone;
  return { ms: (minutes * 60 + Math.min(second, 59)) * 1000, zoneMinutes: zone };
}
