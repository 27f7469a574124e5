import type { Config } from "./config.ts";
import type { Service } from "./service.ts";

export interface Started {
  readonly config: Config;
  readonly services: readonly Service[];
  /** Where the database is. */
  readonly database: string;
  readonly logPlace: string;
  readonly notes: readonly string[];
}

/** What the console shows when everything listens. The last line is `ready <web url>`: tools wait for it. */
export function startPage({ config, services, database, logPlace, notes }: Started): string {
  const rows: (readonly [string, string])[] = [
    ...services.map(({ name, address }) => [name, address ?? "on"] as const),
    ["database", database],
    ["data folder", config.dataDir],
    ["log", logPlace],
    ["new addresses", `you@<agency>.${config.hostedDomain}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const web = services.find(({ address }) => address?.startsWith("http"))?.address;
  return [
    "",
    "Angelia runs.",
    "",
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    "",
    ...switchedOff(config).map((line) => `  off: ${line}`),
    ...notes.map((note) => `  note: ${note}`),
    "",
    web === undefined ? "ready" : `ready ${web}`,
  ].join("\n");
}

const off = (is: boolean, line: string): string[] => (is ? [line] : []);

/** What the product does without, and the setting that changes it: it never pretends. */
function switchedOff(config: Config): string[] {
  const roles = (["edge", "mx", "submission", "imap", "delivery", "jobs"] as const).filter(
    (role) => !config.roles.has(role),
  );
  return [
    ...off(roles.length > 0, `${roles.join(", ")} (ANGELIA_ROLES)`),
    ...off(config.rspamdUrl === undefined, "spam filter (ANGELIA_RSPAMD_URL)"),
    ...off(config.clamd === undefined, "virus scanner (ANGELIA_CLAMD)"),
    ...off(config.stripe === undefined, "payments (ANGELIA_STRIPE_SECRET_KEY)"),
  ];
}
