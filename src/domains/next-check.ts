const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How often what is right is looked at. */
const WATCH_MS = 4 * HOUR_MS;

/** When a domain is looked at again by itself. Who has just begun waits for the page to turn green; who has not come back for a week does
 * not.
 * @param ageMs since it was claimed, or since somebody last did something about it
 * @param isProven what is ours to watch is watched every few hours at least
 * @param isWatched all core records are right: it is only watched
 * @param isUrgent one more look has to say whether something has changed, or somebody contests it
 * @param random uniform in [0, 1): not all domains at once
 * @returns milliseconds from now */
export function nextCheckMs(
  {
    ageMs,
    isWatched,
    isUrgent,
    isProven,
  }: {
    readonly ageMs: number;
    readonly isWatched: boolean;
    readonly isUrgent: boolean;
    readonly isProven: boolean;
  },
  random: number,
): number {
  const base = isUrgent
    ? 10 * MINUTE_MS
    : isWatched
      ? WATCH_MS
      : ageMs < HOUR_MS
        ? MINUTE_MS
        : ageMs < DAY_MS
          ? 10 * MINUTE_MS
          : ageMs < 7 * DAY_MS
            ? HOUR_MS
            : DAY_MS;
  const capped = isProven ? Math.min(base, WATCH_MS) : base;
  return Math.round(capped * (1 + random * 0.1));
}
