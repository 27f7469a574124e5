const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** `in 12 minutes`, `3 hours ago`. @param now milliseconds since the epoch */
export function formatRelative(iso: string, language: string, now: number): string {
  const ms = Date.parse(iso) - now;
  const [unit, length] = UNITS.find((one) => Math.abs(ms) >= one[1]) ?? (["minute", 60_000] as const);
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.round(ms / length), unit);
}
