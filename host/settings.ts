import { availableParallelism } from "node:os";
import { z } from "zod";
import { parseDuration, parseEgress } from "./delivery-setting-values.ts";
import {
  parseBlockLists,
  parseClientLimits,
  parseExempt,
  parseGateLimits,
  parseNetworks,
} from "./gate-setting-values.ts";
import {
  parseClamd,
  parseClientPorts,
  parseDnsUpdate,
  parseDomains,
  parseResolvers,
  parseRoles,
  parseSmarthost,
} from "./setting-values.ts";

/** The largest message by default: 50 MB, which holds attachments of 36 MB. */
const MAX_MESSAGE_BYTES = 50 * 1024 * 1024;

const port = (byDefault: number) => z.coerce.number().int().min(0).max(65_535).default(byDefault);
const flag = z
  .enum(["0", "1"])
  .transform((value) => value === "1")
  .default(false);
const onFlag = z
  .enum(["0", "1"])
  .transform((value) => value === "1")
  .default(true);
const url = z.url({ protocol: /^https?$/, error: "must be an http:// or https:// address" });
const database = z.url({
  protocol: /^postgres(ql)?$/,
  error: "must look like postgres://user:password@host/database",
});
const domain = z
  .string()
  .toLowerCase()
  .max(253)
  .regex(
    /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+$/,
    "must be a domain name of two parts at least",
  );

/** Every setting, with its default. The page docs/guides/operator.md says what each is for. */
export const Settings = z.object({
  ANGELIA_DATA_DIR: z.string().default(".data"),
  ANGELIA_BIND: z.union([z.ipv4(), z.ipv6()], { error: "must be an IP address" }).default("127.0.0.1"),
  ANGELIA_HTTP_PORT: port(8080),
  ANGELIA_MX_PORT: port(2525),
  ANGELIA_SUBMISSION_PORT: port(2587),
  ANGELIA_SUBMISSIONS_PORT: port(2465),
  ANGELIA_IMAP_PORT: port(2143),
  ANGELIA_IMAPS_PORT: port(2993),
  ANGELIA_POP3_PORT: port(2110),
  ANGELIA_POP3S_PORT: port(2995),
  ANGELIA_SIEVE_PORT: port(4190),
  // A name under .localhost is this machine everywhere (RFC 6761 §6.3) and nobody else's: a newcomer can type it into
  // a mail program, and nothing sent to it by mistake leaves.
  ANGELIA_HOSTED_DOMAIN: domain.default("angelia.localhost"),
  ANGELIA_HOSTNAME: domain.optional(),
  ANGELIA_PUBLIC_URL: url.transform((text) => text.replace(/\/+$/, "")).optional(),
  ANGELIA_OLD_SERVER_PRIVATE: flag,
  ANGELIA_CLIENT_HOST: domain.optional(),
  ANGELIA_CLIENT_PORTS: z.string().optional().transform(parseClientPorts),
  ANGELIA_ROLES: z.string().optional().transform(parseRoles),
  ANGELIA_WORKERS: z.coerce
    .number()
    .int()
    .min(1)
    .max(4 * availableParallelism())
    .default(1),
  ANGELIA_LOG: z.enum(["file", "stdout", "stderr"]).default("file"),
  ANGELIA_MAX_MESSAGE_BYTES: z.coerce
    .number()
    .int()
    .min(64 * 1024)
    .max(1e9)
    .default(MAX_MESSAGE_BYTES),
  ANGELIA_HISTORY_DAYS: z.coerce.number().int().min(1).max(3650).default(90),
  ANGELIA_CLEARTEXT_LOGIN: z.enum(["loopback", "never", "always"]).default("loopback"),
  ANGELIA_LIMIT_LOOPBACK: flag,
  ANGELIA_API_REQUESTS_PER_MINUTE: z.coerce.number().int().min(10).max(1_000_000).default(600),
  ANGELIA_WEBHOOK_PRIVATE_HOSTS: flag,
  ANGELIA_MIGRATION_PRIVATE_HOSTS: flag,
  ANGELIA_MIGRATION_PARALLEL: z.coerce.number().int().min(1).max(64).default(4),
  ANGELIA_MIGRATION_FILES_MAX_BYTES: z.coerce.number().int().min(1e6).default(50e9),
  ANGELIA_CLIENT_LIMITS: z.string().optional().transform(parseClientLimits),
  ANGELIA_STORE_AND_FORWARD: flag,
  ANGELIA_STORE_AND_FORWARD_MAX_BYTES: z.coerce.number().int().min(1e6).default(10e9),
  ANGELIA_PROXY_FROM: z.string().optional().transform(parseNetworks),
  ANGELIA_MX_LIMITS: z.string().optional().transform(parseGateLimits),
  ANGELIA_DNSBL: z.string().optional().transform(parseBlockLists),
  ANGELIA_DNSBL_EXEMPT: z.string().optional().transform(parseExempt),
  ANGELIA_GREETING_DELAY_MS: z.coerce.number().int().min(0).max(30_000).default(2_000),
  ANGELIA_TLS_CERT: z.string().optional(),
  ANGELIA_TLS_KEY: z.string().optional(),
  ANGELIA_MASTER_KEY: z
    .base64({ error: "must be 32 bytes in base64: openssl rand -base64 32" })
    .transform((text) => Uint8Array.from(Buffer.from(text, "base64")))
    .refine((key) => key.length === 32, "must be 32 bytes in base64: openssl rand -base64 32")
    .optional(),
  ANGELIA_DATABASE_URL: database.optional(),
  ANGELIA_DATABASE_APP_URL: database.optional(),
  ANGELIA_S3_ENDPOINT: url.optional(),
  ANGELIA_S3_BUCKET: z.string().optional(),
  ANGELIA_S3_REGION: z.string().default("auto"),
  ANGELIA_S3_ACCESS_KEY_ID: z.string().optional(),
  ANGELIA_S3_SECRET_ACCESS_KEY: z.string().optional(),
  ANGELIA_RSPAMD_URL: z
    .union([z.literal("off"), url], { error: "must be an http:// or https:// address, or off" })
    .optional(),
  ANGELIA_RSPAMD_CONTROLLER_URL: url.optional(),
  ANGELIA_RSPAMD_PASSWORD: z.string().optional(),
  ANGELIA_CLAMD: z.string().optional().transform(parseClamd),
  ANGELIA_ARC_TRUSTED: z.string().optional().transform(parseDomains),
  ANGELIA_DNS: z.string().optional().transform(parseResolvers),
  ANGELIA_DNS_TRUST_AD: flag,
  ANGELIA_EGRESS: z.string().optional().transform(parseEgress),
  ANGELIA_QUEUE_LIFETIME: z.string().default("5d").transform(parseDuration),
  ANGELIA_DELAY_WARNING: z.string().default("4h").transform(parseDuration),
  ANGELIA_DNS_ZONE: domain.optional(),
  ANGELIA_DNS_NAMESERVERS: z.string().optional().transform(parseDomains),
  ANGELIA_DNS_PRIVATE_HOSTS: flag,
  ANGELIA_CUSTOMER_WEB_HOST: domain.optional(),
  ANGELIA_DNS_UPDATE: z.string().optional().transform(parseDnsUpdate),
  ANGELIA_DKIM_ROTATION_DAYS: z.coerce.number().int().min(8).max(3650).default(90),
  ANGELIA_DMARC_REPORTS: onFlag,
  ANGELIA_TLS_REPORTS: onFlag,
  ANGELIA_REPORT_FROM: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,62}[a-z0-9])?$/, "must be the part of an address before the @")
    .default("noreply-dmarc"),
  ANGELIA_SMARTHOST: z.string().optional().transform(parseSmarthost),
  ANGELIA_GEOIP_CSV: z.string().optional(),
  ANGELIA_UNVERIFIED_DAILY: z.coerce.number().int().min(0).max(1_000_000).default(50),
  ANGELIA_STRIPE_SECRET_KEY: z.string().optional(),
  ANGELIA_STRIPE_WEBHOOK_SECRET: z.string().optional(),
  ANGELIA_STRIPE_API_BASE: url.default("https://api.stripe.com"),
});
export type Settings = z.output<typeof Settings>;

/** Read by the test run, not by the product; no reason to warn. */
export const OF_THE_TESTS = ["ANGELIA_REQUIRE_ALL"];

/** Which settings need which others. */
export const TOGETHER = [
  ["ANGELIA_TLS_CERT", "ANGELIA_TLS_KEY"],
  ["ANGELIA_S3_ENDPOINT", "ANGELIA_S3_BUCKET", "ANGELIA_S3_ACCESS_KEY_ID", "ANGELIA_S3_SECRET_ACCESS_KEY"],
  ["ANGELIA_STRIPE_SECRET_KEY", "ANGELIA_STRIPE_WEBHOOK_SECRET"],
] as const;

export const PORT_SETTINGS = {
  http: "ANGELIA_HTTP_PORT",
  mx: "ANGELIA_MX_PORT",
  submission: "ANGELIA_SUBMISSION_PORT",
  submissions: "ANGELIA_SUBMISSIONS_PORT",
  imap: "ANGELIA_IMAP_PORT",
  imaps: "ANGELIA_IMAPS_PORT",
  pop3: "ANGELIA_POP3_PORT",
  pop3s: "ANGELIA_POP3S_PORT",
  sieve: "ANGELIA_SIEVE_PORT",
} as const;
export type PortName = keyof typeof PORT_SETTINGS;
