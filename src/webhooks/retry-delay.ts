const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];

/** Milliseconds after the first, second, … attempt that failed: for about three days. */
const DELAYS = [
  10 * SECOND,
  MINUTE,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
  24 * HOUR,
] as const;

/** @param attempts made so far, at least 1 @returns null: it is not tried again */
export const webhookRetryDelay = (attempts: number): number | null => DELAYS[attempts - 1] ?? null;
