import type { LimitNumbers, LimitScope } from "../contract/sending-limits.ts";

/** A limit of a whole scope (subject ""), of one domain, or of one account (its id). */
export interface LimitRow {
  readonly scope: LimitScope;
  readonly subject: string;
  readonly limits: LimitNumbers;
}

/** What was sent in the hour and the day that are running. */
export interface Counts {
  readonly hourMessages: number;
  readonly dayMessages: number;
  readonly hourRecipients: number;
  readonly dayRecipients: number;
}

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** A tenant is new for so long, and gets less. */
const NEW_MS = 14 * DAY_MS;

const numbers = (
  hourMessages: number,
  dayMessages: number,
  hourRecipients: number,
  dayRecipients: number,
) => ({
  hourMessages,
  dayMessages,
  hourRecipients,
  dayRecipients,
});

/** What everybody may send who was not given something else by the operator. */
const DEFAULTS = {
  established: { tenant: numbers(2_000, 20_000, 5_000, 50_000), mailbox: numbers(100, 1_000, 500, 2_000) },
  new: { tenant: numbers(200, 1_000, 400, 2_000), mailbox: numbers(30, 150, 60, 300) },
} as const;

/** The caps of a tenant's whole scopes: what the operator said, else the defaults for its age.
 * @param tenantAgeMs since it was made
 * @param dailyMax recipients a day of an agency that is not verified; null: it is */
export function capsOf(
  caps: readonly LimitRow[],
  tenantAgeMs: number,
  dailyMax: number | null = null,
): readonly LimitRow[] {
  const usual = tenantAgeMs < NEW_MS ? DEFAULTS.new : DEFAULTS.established;
  const byAge =
    dailyMax === null
      ? usual
      : {
          ...usual,
          tenant: { ...usual.tenant, dayRecipients: Math.min(dailyMax, usual.tenant.dayRecipients) },
        };
  const whole = (scope: "tenant" | "mailbox"): LimitRow => ({
    scope,
    subject: "",
    limits: { ...byAge[scope], ...given(caps.find((one) => one.scope === scope && one.subject === "")) },
  });
  return [
    whole("tenant"),
    whole("mailbox"),
    ...caps.filter((one) => one.subject !== "" || one.scope === "domain"),
  ];
}

/** The numbers that were said. */
function given(row: LimitRow | undefined): Partial<LimitNumbers> {
  return Object.fromEntries(Object.entries(row?.limits ?? {}).filter(([, value]) => value !== null));
}

const KINDS = ["hourMessages", "dayMessages", "hourRecipients", "dayRecipients"] as const;
type Kind = (typeof KINDS)[number];

/** The limit of one scope: the cap of this subject, else that of the scope; lowered by what the agency wants.
 * @param caps as `capsOf` gives them */
export function limitsOf(
  scope: LimitScope,
  subject: string,
  caps: readonly LimitRow[],
  own: readonly LimitRow[],
): LimitNumbers {
  const find = (rows: readonly LimitRow[], name: string): LimitNumbers | undefined =>
    rows.find((one) => one.scope === scope && one.subject === name)?.limits;
  const pick = (kind: Kind): number | null => {
    const cap = find(caps, subject)?.[kind] ?? find(caps, "")?.[kind] ?? null;
    const wish = find(own, subject)?.[kind] ?? find(own, "")?.[kind] ?? null;
    if (cap === null || wish === null) return cap ?? wish;
    return Math.min(cap, wish);
  };
  return {
    hourMessages: pick("hourMessages"),
    dayMessages: pick("dayMessages"),
    hourRecipients: pick("hourRecipients"),
    dayRecipients: pick("dayRecipients"),
  };
}

/** Which numbers of a wish are above what the operator allows for it, or for the tenant as a whole. */
export function aboveCap(wish: LimitRow, caps: readonly LimitRow[]): readonly Kind[] {
  const allowed = limitsOf(wish.scope, wish.subject, caps, []);
  const whole = limitsOf("tenant", "", caps, []);
  return KINDS.filter((kind) => {
    const wanted = wish.limits[kind];
    return wanted !== null && wanted > Math.min(allowed[kind] ?? Infinity, whole[kind] ?? Infinity);
  });
}

/** A limit that would be passed. */
export interface Exceeded {
  readonly scope: LimitScope;
  readonly what: "messages" | "recipients";
  readonly window: "hour" | "day";
  readonly limit: number;
  /** when the window ends, in milliseconds since the epoch */
  readonly until: number;
}

const startOf = (now: number, lengthMs: number): number => now - (now % lengthMs);
/** The windows that run at a moment: clock hours and days of UTC. */
export const windowsOf = (now: number): { readonly hourStart: number; readonly dayStart: number } => ({
  hourStart: startOf(now, HOUR_MS),
  dayStart: startOf(now, DAY_MS),
});

/** The first limit that is passed, the narrowest scope first; null if none is.
 * @param counts with the message that is being sent */
export function findExceeded(
  scopes: readonly { readonly scope: LimitScope; readonly limits: LimitNumbers; readonly counts: Counts }[],
  now: number,
): Exceeded | null {
  const { hourStart, dayStart } = windowsOf(now);
  for (const { scope, limits, counts } of scopes)
    for (const kind of KINDS) {
      const limit = limits[kind];
      if (limit === null || counts[kind] <= limit) continue;
      const isHour = kind.startsWith("hour");
      return {
        scope,
        what: kind.endsWith("Messages") ? "messages" : "recipients",
        window: isHour ? "hour" : "day",
        limit,
        until: isHour ? hourStart + HOUR_MS : dayStart + DAY_MS,
      };
    }
  return null;
}

const OF = { mailbox: "your mailbox", domain: "your domain", tenant: "your organisation" } as const;

/** One sentence for the sender: which limit, and when it ends. */
export function explainExceeded({ scope, what, window, limit, until }: Exceeded): string {
  const at = new Date(until).toISOString().replace("T", " ").slice(0, 16);
  return `The limit of ${OF[scope]} is reached: ${limit} ${what} ${window === "hour" ? "an hour" : "a day"} to others. It ends at ${at} UTC`;
}
