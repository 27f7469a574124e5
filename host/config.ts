import { join, resolve } from "node:path";
import type { EgressAddresses } from "../smtp-relay/delivery/delivery-settings.ts";
import type { PoolName, QueueTimes } from "../src/outbound/index.ts";
import type { GateSettings } from "../smtp-relay/gate/gate-settings.ts";
import type { ClientLimits } from "../smtp-relay/listen/client-connections.ts";
import type { Roles } from "./setting-values.ts";
import { OF_THE_TESTS, PORT_SETTINGS, type PortName, Settings, TOGETHER } from "./settings.ts";

const ROOT = join(import.meta.dirname, "..");
export interface Config {
  /** Absolute. */
  readonly dataDir: string;
  readonly bind: string;
  /** 0 stands for any free port. */
  readonly ports: Readonly<Record<PortName, number>>;
  /** New agencies get an address under it at once. */
  readonly hostedDomain: string;
  /** How this server names itself to others. */
  readonly hostname: string;
  /** Where people reach the web pages, without a slash at the end; it stands in messages that we write. */
  readonly publicUrl: string;
  /** Old servers of domains that move may be hosts of a network inside, at any port. */
  readonly privateOldServers: boolean;
  /** How programs of people reach the servers: there may be a proxy in front. 0: they are not told of it. */
  readonly clients: {
    readonly host: string;
    readonly ports: Readonly<
      Record<"imap" | "imaps" | "pop3" | "pop3s" | "submission" | "submissions", number>
    >;
  };
  readonly roles: Roles;
  readonly workers: number;
  readonly log: "file" | "stdout" | "stderr";
  readonly maxMessageBytes: number;
  /** How long it is known what happened to a message. */
  readonly historyDays: number;
  readonly cleartextLogin: "loopback" | "never" | "always";
  readonly limitLoopback: boolean;
  readonly apiRequestsPerMinute: number;
  /** Webhooks of agencies may call hosts inside, also without TLS. */
  readonly webhookPrivateHosts: boolean;
  /** Old mail that is brought in. */
  readonly migrations: {
    /** Old servers may be in a private network, or this machine. */
    readonly privateHosts: boolean;
    /** Mailboxes that one process copies at a time. */
    readonly parallel: number;
    /** Octets of files that an agency may have waiting. */
    readonly filesMaxBytes: number;
  };
  /** Connections of those who read mail. */
  readonly clientLimits: ClientLimits;
  /** Mail is taken while the database is away, up to so many octets; undefined: it is not. */
  readonly storeAndForward: { readonly bytesMax: number } | undefined;
  /** Networks of proxies, which send a PROXY header first. */
  readonly proxyFrom: readonly string[];
  /** How closely clients of the MX are looked at. */
  readonly gate: Pick<GateSettings, "limits" | "blockLists" | "exempt" | "allowLists" | "greetingDelayMs">;
  readonly tlsFiles: { readonly cert: string; readonly key: string } | undefined;
  readonly masterKey: Uint8Array<ArrayBuffer> | undefined;
  /** Undefined: the embedded PostgreSQL. */
  readonly database: { readonly url: string; readonly appUrl: string | undefined } | undefined;
  /** Undefined: files in the data folder. */
  readonly s3:
    | {
        readonly endpoint: string;
        readonly bucket: string;
        readonly region: string;
        readonly accessKeyId: string;
        readonly secretAccessKey: string;
      }
    | undefined;
  /** Undefined: the one at its usual port, if there is one. */
  readonly rspamd: {
    readonly url: string | undefined;
    readonly controllerUrl: string | undefined;
    readonly password: string | undefined;
  };
  /** Undefined: the one at its usual socket, if there is one. */
  readonly clamd: Settings["ANGELIA_CLAMD"];
  /** Domains whose ARC seals are believed. */
  readonly arcTrusted: ReadonlySet<string>;
  /** Undefined: the resolvers of the system. */
  readonly dns: Settings["ANGELIA_DNS"];
  /** How outgoing mail is signed. */
  readonly dkim: {
    /** Where the customers' CNAMEs lead to. */
    readonly zone: string;
    readonly rotationDays: number;
    /** Undefined: the operator brings the records into the zone. */
    readonly update: Settings["ANGELIA_DNS_UPDATE"];
  };
  /** Domains that agencies bring. */
  readonly ownDomains: {
    /** Where the CNAMEs of their web names lead to; undefined: nothing stands there. */
    readonly webHost: string | undefined;
    /** That a part of their zone can be delegated to. */
    readonly nameServers: readonly string[];
    /** Name servers and providers inside are asked too. */
    readonly privateHosts: boolean;
  };
  /** Reports of ours to others. */
  readonly reports: {
    readonly dmarc: boolean;
    readonly tls: boolean;
    /** What they are sent from, before the @. */
    readonly from: string;
  };
  /** What those resolvers say about DNSSEC counts though they are not on this machine. */
  readonly dnsTrustAd: boolean;
  readonly smarthost: Settings["ANGELIA_SMARTHOST"];
  /** Where each pool of outgoing mail leaves from; one that is missing leaves as `main` does. */
  readonly egress: ReadonlyMap<PoolName, EgressAddresses>;
  readonly queueTimes: QueueTimes;
  /** Which IP addresses are in which country; undefined: nobody asks where senders are. */
  readonly geoIpFile: string | undefined;
  /** How many recipients outside a day an agency may write to that is not verified. */
  readonly unverifiedDaily: number;
  readonly stripe:
    | { readonly secretKey: string; readonly webhookSecret: string; readonly apiBase: string }
    | undefined;
}

/** All that is wrong with the settings, one line each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `${faults.length === 1 ? "A setting is" : "Settings are"} wrong:\n${faults.map((line) => `  ${line}`).join("\n")}`,
    );
    this.faults = faults;
  }
}

/** Reads the settings; an empty one counts as not given.
 * @returns the configuration, and warnings about names that look like ours and are not
 * @throws {ConfigError} */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): {
  readonly config: Config;
  readonly warnings: readonly string[];
} {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name.startsWith("ANGELIA_") && value !== ""),
  );
  const parsed = Settings.safeParse(given);
  const faults = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
  faults.push(...incomplete(given));
  if (parsed.success) faults.push(...samePorts(parsed.data));
  if (faults.length > 0 || !parsed.success) throw new ConfigError(faults);
  const warnings = unknownNames(Object.keys(given));
  if (parsed.data.ANGELIA_WORKERS > 1) warnings.push("ANGELIA_WORKERS has no effect yet: one process runs");
  return { config: toConfig(parsed.data), warnings };
}

function incomplete(given: Readonly<Record<string, string | undefined>>): string[] {
  const faults = TOGETHER.flatMap((group) => {
    const missing = group.filter((name) => given[name] === undefined);
    return missing.length === 0 || missing.length === group.length
      ? []
      : [
          `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing: ${group.join(", ")} go together`,
        ];
  });
  if (given["ANGELIA_DATABASE_APP_URL"] !== undefined && given["ANGELIA_DATABASE_URL"] === undefined)
    faults.push("ANGELIA_DATABASE_URL is missing: ANGELIA_DATABASE_APP_URL only goes with it");
  return faults;
}

function samePorts(settings: Settings): string[] {
  const seen = new Map<number, string>();
  return Object.values(PORT_SETTINGS).flatMap((name) => {
    const other = seen.get(settings[name]);
    if (settings[name] !== 0) seen.set(settings[name], name);
    return other === undefined ? [] : [`${name} and ${other} are the same port, ${settings[name]}`];
  });
}

function unknownNames(names: readonly string[]): string[] {
  const known = [...Object.keys(Settings.shape), ...OF_THE_TESTS];
  return names
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = known.find((candidate) => distance(name, candidate) <= 3);
      return `${name} is not a setting of Angelia${near === undefined ? "" : `; did you mean ${near}?`}`;
    });
}

/** How many letters must be put in, left out or replaced (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of a.split("").entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (letter === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** On this machine alone, the port as it is; else there is something in front that has a certificate for our name. */
function usualUrl(s: Settings): string {
  const host = s.ANGELIA_BIND === "::1" ? "[::1]" : s.ANGELIA_BIND;
  if (host === "[::1]" || host.startsWith("127.")) return `http://${host}:${s.ANGELIA_HTTP_PORT}`;
  return `https://${s.ANGELIA_HOSTNAME ?? `mail.${s.ANGELIA_HOSTED_DOMAIN}`}`;
}

function toConfig(settings: Settings): Config {
  const s = settings;
  return {
    dataDir: resolve(ROOT, s.ANGELIA_DATA_DIR),
    bind: s.ANGELIA_BIND,
    ports: {
      http: s.ANGELIA_HTTP_PORT,
      mx: s.ANGELIA_MX_PORT,
      submission: s.ANGELIA_SUBMISSION_PORT,
      submissions: s.ANGELIA_SUBMISSIONS_PORT,
      imap: s.ANGELIA_IMAP_PORT,
      imaps: s.ANGELIA_IMAPS_PORT,
      pop3: s.ANGELIA_POP3_PORT,
      pop3s: s.ANGELIA_POP3S_PORT,
      sieve: s.ANGELIA_SIEVE_PORT,
    },
    hostedDomain: s.ANGELIA_HOSTED_DOMAIN,
    hostname: s.ANGELIA_HOSTNAME ?? `mail.${s.ANGELIA_HOSTED_DOMAIN}`,
    publicUrl: s.ANGELIA_PUBLIC_URL ?? usualUrl(s),
    privateOldServers: s.ANGELIA_OLD_SERVER_PRIVATE,
    clients: {
      host: s.ANGELIA_CLIENT_HOST ?? s.ANGELIA_HOSTNAME ?? `mail.${s.ANGELIA_HOSTED_DOMAIN}`,
      ports: {
        imap: s.ANGELIA_IMAP_PORT,
        imaps: s.ANGELIA_IMAPS_PORT,
        pop3: s.ANGELIA_POP3_PORT,
        pop3s: s.ANGELIA_POP3S_PORT,
        submission: s.ANGELIA_SUBMISSION_PORT,
        submissions: s.ANGELIA_SUBMISSIONS_PORT,
        ...s.ANGELIA_CLIENT_PORTS,
      },
    },
    roles: s.ANGELIA_ROLES,
    workers: s.ANGELIA_WORKERS,
    log: s.ANGELIA_LOG,
    maxMessageBytes: s.ANGELIA_MAX_MESSAGE_BYTES,
    historyDays: s.ANGELIA_HISTORY_DAYS,
    cleartextLogin: s.ANGELIA_CLEARTEXT_LOGIN,
    limitLoopback: s.ANGELIA_LIMIT_LOOPBACK,
    apiRequestsPerMinute: s.ANGELIA_API_REQUESTS_PER_MINUTE,
    webhookPrivateHosts: s.ANGELIA_WEBHOOK_PRIVATE_HOSTS,
    migrations: {
      privateHosts: s.ANGELIA_MIGRATION_PRIVATE_HOSTS,
      parallel: s.ANGELIA_MIGRATION_PARALLEL,
      filesMaxBytes: s.ANGELIA_MIGRATION_FILES_MAX_BYTES,
    },
    clientLimits: s.ANGELIA_CLIENT_LIMITS,
    storeAndForward: s.ANGELIA_STORE_AND_FORWARD
      ? { bytesMax: s.ANGELIA_STORE_AND_FORWARD_MAX_BYTES }
      : undefined,
    proxyFrom: s.ANGELIA_PROXY_FROM,
    gate: {
      limits: s.ANGELIA_MX_LIMITS,
      blockLists: s.ANGELIA_DNSBL,
      exempt: s.ANGELIA_DNSBL_EXEMPT.networks,
      allowLists: s.ANGELIA_DNSBL_EXEMPT.lists,
      greetingDelayMs: s.ANGELIA_GREETING_DELAY_MS,
    },
    tlsFiles:
      s.ANGELIA_TLS_CERT !== undefined && s.ANGELIA_TLS_KEY !== undefined
        ? { cert: resolve(ROOT, s.ANGELIA_TLS_CERT), key: resolve(ROOT, s.ANGELIA_TLS_KEY) }
        : undefined,
    masterKey: s.ANGELIA_MASTER_KEY,
    database:
      s.ANGELIA_DATABASE_URL === undefined
        ? undefined
        : { url: s.ANGELIA_DATABASE_URL, appUrl: s.ANGELIA_DATABASE_APP_URL },
    s3:
      s.ANGELIA_S3_ENDPOINT !== undefined &&
      s.ANGELIA_S3_BUCKET !== undefined &&
      s.ANGELIA_S3_ACCESS_KEY_ID !== undefined &&
      s.ANGELIA_S3_SECRET_ACCESS_KEY !== undefined
        ? {
            endpoint: s.ANGELIA_S3_ENDPOINT,
            bucket: s.ANGELIA_S3_BUCKET,
            region: s.ANGELIA_S3_REGION,
            accessKeyId: s.ANGELIA_S3_ACCESS_KEY_ID,
            secretAccessKey: s.ANGELIA_S3_SECRET_ACCESS_KEY,
          }
        : undefined,
    rspamd: {
      url: s.ANGELIA_RSPAMD_URL,
      controllerUrl: s.ANGELIA_RSPAMD_CONTROLLER_URL,
      password: s.ANGELIA_RSPAMD_PASSWORD,
    },
    clamd: s.ANGELIA_CLAMD,
    arcTrusted: s.ANGELIA_ARC_TRUSTED,
    dns: s.ANGELIA_DNS,
    dkim: {
      zone: s.ANGELIA_DNS_ZONE ?? s.ANGELIA_HOSTED_DOMAIN,
      rotationDays: s.ANGELIA_DKIM_ROTATION_DAYS,
      update: s.ANGELIA_DNS_UPDATE,
    },
    ownDomains: {
      webHost: s.ANGELIA_CUSTOMER_WEB_HOST,
      nameServers: [...s.ANGELIA_DNS_NAMESERVERS],
      privateHosts: s.ANGELIA_DNS_PRIVATE_HOSTS,
    },
    reports: { dmarc: s.ANGELIA_DMARC_REPORTS, tls: s.ANGELIA_TLS_REPORTS, from: s.ANGELIA_REPORT_FROM },
    dnsTrustAd: s.ANGELIA_DNS_TRUST_AD,
    smarthost: s.ANGELIA_SMARTHOST,
    egress: new Map(
      [...s.ANGELIA_EGRESS].map(([pool, { hostname, ...addresses }]) => [
        pool,
        { ...addresses, hostname: hostname ?? s.ANGELIA_HOSTNAME ?? `mail.${s.ANGELIA_HOSTED_DOMAIN}` },
      ]),
    ),
    queueTimes: { lifeMs: s.ANGELIA_QUEUE_LIFETIME, delayToldMs: s.ANGELIA_DELAY_WARNING },
    unverifiedDaily: s.ANGELIA_UNVERIFIED_DAILY,
    geoIpFile: s.ANGELIA_GEOIP_CSV === undefined ? undefined : resolve(ROOT, s.ANGELIA_GEOIP_CSV),
    stripe:
      s.ANGELIA_STRIPE_SECRET_KEY !== undefined && s.ANGELIA_STRIPE_WEBHOOK_SECRET !== undefined
        ? {
            secretKey: s.ANGELIA_STRIPE_SECRET_KEY,
            webhookSecret: s.ANGELIA_STRIPE_WEBHOOK_SECRET,
            apiBase: s.ANGELIA_STRIPE_API_BASE,
          }
        : undefined,
  };
}
