/** When a message leaves: after the moment in which it can be taken back, or at a time that its author chose. */
export type Release = { readonly kind: "soon" } | { readonly kind: "at"; readonly at: Date };

/** How long it can be taken back is shown for 10 seconds; the server waits a little longer, so that a click in the last of them counts. */
const UNDO_HOLD_SECONDS = 12;

/** The parameters of MAIL FROM that hold it until then (RFC 4865 §5). */
export function holdParameters(release: Release): Readonly<Record<string, string>> {
  return release.kind === "soon"
    ? { HOLDFOR: String(UNDO_HOLD_SECONDS) }
    : { HOLDUNTIL: `${release.at.toISOString().slice(0, 19)}Z` };
}

const MORNING = 8;

/** The next morning that comes, and the morning of the next Monday; in the time of who writes. */
export function usualTimes(now: Date): { readonly tomorrow: Date; readonly monday: Date } {
  const morning = (inDays: number): Date => {
    const day = new Date(now);
    day.setDate(day.getDate() + inDays);
    day.setHours(MORNING, 0, 0, 0);
    return day;
  };
  // Monday is 1; today's Monday is the next one's.
  const untilMonday = (8 - now.getDay()) % 7 || 7;
  return { tomorrow: morning(1), monday: morning(untilMonday) };
}

/** What a field for date and time holds: `2026-12-24T08:00`, in the time of who writes. */
export function toField(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** @returns undefined: it is no moment to come */
export function fromField(text: string, now: Date): Date | undefined {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) || at <= now ? undefined : at;
}
