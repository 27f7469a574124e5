import type { Config } from "./config.ts";
import type { ScannerStatus } from "../smtp-relay/scanners/scanners.ts";
import type { Service } from "./service.ts";

export interface Started {
  readonly config: Config;
  readonly services: readonly Service[];
  /** Where the database is. */
  readonly database: string;
  readonly logPlace: string;
  readonly scanners: readonly ScannerStatus[];
  readonly notes: readonly string[];
}

/** What the console shows when everything listens. The last line is `ready <web url>`: tools wait for it. */
export function startPage({ config, services, scanners, database, logPlace, notes }: Started): string {
  const rows: (readonly [string, string])[] = [
    ...services.map(({ name, address }) => [name, address ?? "on"] as const),
    ...scanners.flatMap((one) => (one.state === "off" ? [] : [[one.name, inWords(one)] as const])),
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
    ...[...scanners.flatMap(noScanner), ...switchedOff(config)].map((line) => `  off: ${line}`),
    ...notes.map((note) => `  note: ${note}`),
    "",
    web === undefined ? "ready" : `ready ${web}`,
  ].join("\n");
}

const SETTING = {
  "spam filter": "ANGELIA_RSPAMD_URL",
  "virus scanner": "ANGELIA_CLAMD",
} as const satisfies Record<ScannerStatus["name"], string>;

const noScanner = ({ name, state }: ScannerStatus): string[] =>
  off(state === "off", `${name} (${SETTING[name]})`);

/** `rspamd/3.4 at http://127.0.0.1:11333`, or why it does not answer. */
function inWords({ state, address, version, lastError }: ScannerStatus): string {
  if (state === "on") return `${version ?? "on"} at ${address}`;
  return `${address} DOES NOT ANSWER: ${lastError?.text ?? "no answer yet"}`;
}

const off = (is: boolean, line: string): string[] => (is ? [line] : []);

/** What the product does without, and the setting that changes it: it never pretends. */
function switchedOff(config: Config): string[] {
  const roles = (["edge", "mx", "submission", "imap", "pop3", "delivery", "jobs"] as const).filter(
    (role) => !config.roles.has(role),
  );
  return [
    ...off(roles.length > 0, `${roles.join(", ")} (ANGELIA_ROLES)`),
    ...off(config.geoIpFile === undefined, "a look at the countries that senders are in (ANGELIA_GEOIP_CSV)"),
    ...off(config.stripe === undefined, "payments (ANGELIA_STRIPE_SECRET_KEY)"),
  ];
}
