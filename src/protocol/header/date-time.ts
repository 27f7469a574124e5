/** An instant and the zone it was written in. */
export interface ZonedTime {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly ms: number;
  /** Offset from UTC in minutes, east positive. */
  readonly zoneMinutes: number;
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/** RFC 5322 §4.3. The military letters mean nothing certain, so they and unknown names are UTC. */
const ZONES: ReadonlyMap<string, number> = new Map([
  ["edt", -240],
  ["est", -300],
  ["cdt", -300],
  ["cst", -360],
  ["mdt", -360],
  ["mst", -420],
  ["pdt", -420],
  ["pst", -480],
  ["bst", 60],
  ["cet", 60],
  ["cest", 120],
  ["eet", 120],
  ["eest", 180],
  ["jst", 540],
]);

/** Days from 1970-01-01 to a day of the Gregorian calendar; `month` from 1. */
export function daysFromEpoch(year: number, month: number, day: number): number {
  // Years that begin in March put the leap day last; 400 years are 146,097 days.
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function daysInMonth(year: number, month: number): number {
  return (
    daysFromEpoch(month === 12 ? year + 1 : year, month === 12 ? 1 : month + 1, 1) -
    daysFromEpoch(year, month, 1)
  );
}

function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length === 2) return year < 50 ? 2000 + year : 1900 + year; // RFC 5322 §4.3
  return digits.length === 3 ? 1900 + year : year;
}

function zoneMinutes(zone: string): number {
  const numeric = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (numeric === null) return ZONES.get(zone.toLowerCase()) ?? 0;
  const minutes = Number(numeric[2]) * 60 + Number(numeric[3]);
  return minutes > 24 * 60 ? 0 : numeric[1] === "-" ? 0 - minutes : minutes;
}

function zoned(parts: {
  y: number;
  mo: number;
  d: number;
  h: number;
  mi: number;
  s: number;
  zone: string;
}): ZonedTime | null {
  const { y, mo, d, h, mi, s } = parts;
  if (mo < 1 || mo > 12 || y < 1900 || y > 9999 || d < 1 || d > daysInMonth(y, mo)) return null;
  if (h > 23 || mi > 59 || s > 60) return null;
  const zone = zoneMinutes(parts.zone);
  const minutes = (daysFromEpoch(y, mo, d) * 24 + h) * 60 + mi - zone;
  return { ms: (minutes * 60 + Math.min(s, 59)) * 1000, zoneMinutes: zone };
}

const RFC_5322 =
  /^(?:[a-z]+\.?\s*,?\s*)?(\d{1,2})[\s-]+([a-z]{3})[a-z]*\.?[\s-]+(\d{2,4})\s*,?\s+(\d{1,2})\s*[:.]\s*(\d{2})(?:\s*[:.]\s*(\d{2})(?:\.\d+)?)?\s*(?:([+-]\d{2}:?\d{2})|([a-z]+))?/i;
/** `Mon Jan  2 15:04:05 2006`, as C's asctime writes it, with or without a zone. */
const ASCTIME =
  /^[a-z]{3,9},?\s+([a-z]{3})[a-z]*\s+(\d{1,2})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s+(?:([a-z]{1,5}|[+-]\d{4})\s+)?(\d{4})(?:\s+([+-]\d{4}))?/i;
const ISO_8601 =
  /^(\d{4})-(\d{2})-(\d{2})[T\s](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?/i;

const monthOf = (name: string | undefined): number => MONTHS.indexOf((name ?? "").toLowerCase()) + 1;

/**
 * Parses a Date value (RFC 5322 §3.3 and the obsolete forms of §4.3), and what real mail has instead of it: asctime
 * and ISO 8601. A time without zone is UTC. Anything else is null.
 */
export function parseDateTime(value: string): ZonedTime | null {
  const text = value
    .slice(0, 200)
    .replace(/\([^()]*\)/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  const rfc = RFC_5322.exec(text);
  if (rfc !== null) {
    const [, d, mo, y = "", h, mi, s, offset, name] = rfc;
    return zoned({
      y: fullYear(y),
      mo: monthOf(mo),
      d: Number(d),
      h: Number(h),
      mi: Number(mi),
      s: Number(s ?? 0),
      zone: offset ?? name ?? "",
    });
  }
  const asc = ASCTIME.exec(text);
  if (asc !== null) {
    const [, mo, d, h, mi, s, before, y, after] = asc;
    return zoned({
      y: Number(y),
      mo: monthOf(mo),
      d: Number(d),
      h: Number(h),
      mi: Number(mi),
      s: Number(s ?? 0),
      zone: after ?? before ?? "",
    });
  }
  const iso = ISO_8601.exec(text);
  if (iso === null) return null;
  const [, y, mo, d, h, mi, s, zone] = iso;
  return zoned({
    y: Number(y),
    mo: Number(mo),
    d: Number(d),
    h: Number(h),
    mi: Number(mi),
    s: Number(s ?? 0),
    zone: zone ?? "",
  });
}

const two = (n: number): string => String(n).padStart(2, "0");

/** Writes a time as RFC 3339 in its own zone, `2026-11-20T09:05:00+02:00`: JMAP's Date (RFC 8620 §1.4). */
export function formatDateTime(time: ZonedTime): string {
  const seconds = Math.floor(time.ms / 1000) + time.zoneMinutes * 60;
  const days = Math.floor(seconds / 86_400);
  const inDay = seconds - days * 86_400;
  // The reverse of daysFromEpoch: eras of 400 years that begin on 1 March.
  const fromMarch = days + 719_468;
  const era = Math.floor(fromMarch / 146_097);
  const dayOfEra = fromMarch - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const zone = Math.abs(time.zoneMinutes);
  const sign = time.zoneMinutes < 0 ? "-" : "+";
  const offset = zone === 0 ? "Z" : `${sign}${two(Math.floor(zone / 60))}:${two(zone % 60)}`;
  const clock = `${two(Math.floor(inDay / 3600))}:${two(Math.floor(inDay / 60) % 60)}:${two(inDay % 60)}`;
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${clock}${offset}`;
}
