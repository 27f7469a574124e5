import { dayOf } from "../imap/date-time.ts";

const DAYS = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_MS = 86_400_000;

const two = (value: number): string => String(value).padStart(2, "0");

/** `Thu, 30 Oct 2014 14:12:00 +0800` (RFC 5322 §3.3). @param ms since 1970-01-01T00:00Z, from year 1 on */
export function printMailDate(ms: number, zoneMinutes: number): string {
  const local = ms + zoneMinutes * 60_000;
  const { year, month, day } = dayOf(local);
  const days = Math.floor(local / DAY_MS);
  const seconds = Math.floor((local - days * DAY_MS) / 1000);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(":");
  const zone = Math.abs(zoneMinutes);
  const offset = `${zoneMinutes < 0 ? "-" : "+"}${two(Math.floor(zone / 60))}${two(zone % 60)}`;
  const weekday = DAYS[((days % 7) + 7) % 7] ?? "";
  return `${weekday}, ${day} ${MONTHS[month - 1] ?? ""} ${String(year).padStart(4, "0")} ${clock} ${offset}`;
}
