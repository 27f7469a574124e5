/** The language with the customs of the reader's region, as far as the browser tells it: 14:30 in Dublin, 2:30 PM in Boston. */
function regional(language: string): string {
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith(language)) ?? language;
}

/** `284 KB`, `1.8 MB`: decimal units, as file managers show them. @param size in octets */
export function formatSize(size: number, language: string): string {
  const [unit, divisor] = size < 1e6 ? (["kilobyte", 1e3] as const) : (["megabyte", 1e6] as const);
  const value = Math.max(size / divisor, size === 0 ? 0 : 1);
  return new Intl.NumberFormat(regional(language), {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: divisor === 1e6 ? 1 : 0,
  }).format(value);
}

/** `0.3 GB`, `10 GB`: room in a mailbox, in units of 2³⁰ octets, as quotas are given. @param octets at least 0 */
export function formatSpace(octets: number, language: string): string {
  const isSmall = octets < 2 ** 30 / 10;
  return new Intl.NumberFormat(regional(language), {
    style: "unit",
    unit: isSmall ? "megabyte" : "gigabyte",
    unitDisplay: "short",
    maximumFractionDigits: isSmall ? 0 : 1,
  }).format(Math.max(0, octets) / (isSmall ? 2 ** 20 : 2 ** 30));
}

/** The shortest date that is still clear: the time today, the day this year, else the date. */
export function formatWhen(iso: string, language: string, now: Date): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  if (date.toDateString() === now.toDateString()) {
    return new Intl.DateTimeFormat(regional(language), { hour: "2-digit", minute: "2-digit" }).format(date);
  }
  if (date.getFullYear() === now.getFullYear()) {
    return new Intl.DateTimeFormat(regional(language), { day: "numeric", month: "short" }).format(date);
  }
  return new Intl.DateTimeFormat(regional(language), {
    day: "2-digit",
    month: "2-digit",
    year: "2-digit",
  }).format(date);
}

export function formatFull(iso: string, language: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat(regional(language), {
    weekday: "short",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  }).format(date);
}

/** One or two letters for the round sign beside a name. */
export function initials(name: string): string {
  const words = name
    .replaceAll(/[^\p{L}\p{N}\s]/gu, " ")
    .trim()
    .split(/\s+/);
  const first = words[0]?.[0] ?? "?";
  const last = words.length > 1 ? (words.at(-1)?.[0] ?? "") : "";
  return (first + last).toLocaleUpperCase();
}

/** One of six quiet colours, always the same for the same address. */
export function toneOf(address: string): number {
  let sum = 0;
  for (const letter of address.toLowerCase()) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % 6;
}

/** The time of day. */
export function formatTime(date: Date, language: string): string {
  return new Intl.DateTimeFormat(regional(language), { hour: "2-digit", minute: "2-digit" }).format(date);
}

/** For a line of text: the whole date in words, and the time. */
export function formatLong(iso: string, language: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat(regional(language), { dateStyle: "full", timeStyle: "short" }).format(date);
}
