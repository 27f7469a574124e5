import type { Scanner } from "./scanner.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTH_NUMBERS = new Map(MONTHS.map((name, index) => [name.toUpperCase(), index + 1]));
const DAY_MS = 86_400_000;

/** A day of the calendar, of no zone. `month` is 1 to 12. */
export interface CalendarDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Reads `date`: `1-Feb-1994`, with or without quotes (RFC 9051 §9). */
export function date(s: Scanner): CalendarDay {
  const quoted = s.skip('"');
  const start = s.at;
  const day = Number(s.digits(2));
  const rest = monthAndYear(s, day, start);
  if (quoted) s.expect('"');
  return rest;
}

/** Reads `date-time`: `"17-Jul-1996 02:44:25 -0700"`. @returns milliseconds since 1970-01-01T00:00Z */
export function dateTime(s: Scanner): number {
  s.expect('"');
  const start = s.at;
  s.skip(" "); // date-day-fixed: a day below 10 has a space in front
  const day = monthAndYear(s, Number(s.digits(2)), start);
  s.space();
  const hour = twoDigits(s, 23);
  s.expect(":");
  const minute = twoDigits(s, 59);
  s.expect(":");
  const second = twoDigits(s, 60); // a leap second counts as the next minute's first
  s.space();
  const sign = s.skip("-") ? -1 : 1;
  if (sign === 1) s.expect("+");
  const zoneMinutes = sign * (twoDigits(s, 23) * 60 + twoDigits(s, 59));
  s.expect('"');
  return dayStartMs(day) + (hour * 3_600 + (minute - zoneMinutes) * 60 + second) * 1_000;
}

function monthAndYear(s: Scanner, day: number, start: number): CalendarDay {
  s.expect("-");
  const monthAt = s.at;
  const month = MONTH_NUMBERS.get(s.peek() === "" ? "" : letters(s));
  if (month === undefined) return s.fail("a month, Jan to Dec", monthAt);
  s.expect("-");
  const yearAt = s.at;
  const year = s.digits(4);
  if (year.length !== 4) return s.fail("a year of 4 digits", yearAt);
  const value = { year: Number(year), month, day };
  if (day < 1 || dayOf(dayStartMs(value)).month !== month) s.fail("a day of that month", start);
  return value;
}

function letters(s: Scanner): string {
  let text = "";
  while (text.length < 3 && /[A-Za-z]/.test(s.peek())) {
    text += s.peek().toUpperCase();
    s.skip(s.peek());
  }
  return text;
}

function twoDigits(s: Scanner, most: number): number {
  const at = s.at;
  const text = s.digits(2);
  const value = Number(text);
  return text.length === 2 && value <= most ? value : s.fail(`two digits, at most ${most}`, at);
}

/** The first moment of a day in UTC, in milliseconds since 1970-01-01 (proleptic Gregorian calendar). */
export function dayStartMs({ year, month, day }: CalendarDay): number {
  // Years that start in March put the leap day last, so that month lengths follow one line (153 days in 5 months).
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return (era * 146_097 + dayOfEra - 719_468) * DAY_MS;
}

/** The day in UTC that a moment (milliseconds since 1970-01-01) falls on. */
export function dayOf(ms: number): CalendarDay {
  const days = Math.floor(ms / DAY_MS) + 719_468;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1 };
}

/** Writes `date-time` in UTC, with quotes; below a second is cut off. @param ms since 1970-01-01, year 0 to 9999 */
export function printDateTime(ms: number): string {
  const { year, month, day } = dayOf(ms);
  const seconds = Math.floor(ms / 1_000) - Math.floor(ms / DAY_MS) * 86_400;
  const clock = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const time = clock.map((n) => String(n).padStart(2, "0")).join(":");
  const yearText = String(year).padStart(4, "0");
  return `"${String(day).padStart(2, " ")}-${MONTHS[month - 1] ?? ""}-${yearText} ${time} +0000"`;
}

/** Writes `date` without quotes. */
export function printDate({ year, month, day }: CalendarDay): string {
  return `${day}-${MONTHS[month - 1] ?? ""}-${String(year).padStart(4, "0")}`;
}
