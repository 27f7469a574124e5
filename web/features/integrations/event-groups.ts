/** What a webhook can be told of, so that nobody has to know the names of single events: each group stands for some patterns. */
export const EVENT_GROUPS = {
  people: ["person.*", "user.*", "people_import.*", "device.*", "app_password.*"],
  addresses: [
    "alias.*",
    "group.*",
    "forward.*",
    "catch_all.*",
    "shared.*",
    "mailbox.*",
    "mandate.*",
    "resource.*",
  ],
  domains: ["domain.*", "dkim.*", "issuer.*"],
  imports: ["migration.*"],
  mail: ["queue.*", "quarantine.*", "sending.*", "sending_limit.*", "suppression.*", "mail_policy.*"],
  access: ["role.*", "session.*", "sign_in.*", "security_policy.*", "support.*", "api_key.*", "token.*"],
  agency: ["tenant.*", "branding.*", "notices.*", "verification.*", "webhook.*"],
  alerts: ["alert.*"],
  service: ["incident.*"],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type EventGroup = keyof typeof EVENT_GROUPS;

export const GROUPS: readonly EventGroup[] = [
  "alerts",
  "people",
  "addresses",
  "domains",
  "imports",
  "mail",
  "access",
  "agency",
  "service",
];

/** The groups that are whole in a list of patterns. */
export const groupsIn = (events: readonly string[]): readonly EventGroup[] =>
  GROUPS.filter((group) => EVENT_GROUPS[group].every((pattern) => events.includes(pattern)));

/** Patterns that no whole group stands for: somebody has chosen them by the API. */
export function othersIn(events: readonly string[]): readonly string[] {
  const known = new Set<string>(groupsIn(events).flatMap((group) => EVENT_GROUPS[group]));
  return events.filter((pattern) => pattern !== "*" && !known.has(pattern));
}
