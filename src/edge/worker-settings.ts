import { z } from "zod";
import type { S3Settings } from "../blob/index.ts";

/** What is bound to the worker: `wrangler.toml`, secrets, `.dev.vars`. */
export interface WorkerEnv {
  readonly EDGE: DurableObjectNamespace;
  /** Logs in as `angelia_app`, directly: pushes are heard on a connection that lives on. */
  readonly DATABASE_URL: string;
  /** Where the platform has it, queries go through it. */
  readonly HYPERDRIVE?: Hyperdrive;
  /** Large blobs; without it, the S3 settings. */
  readonly BLOBS?: R2Bucket;
  readonly [setting: string]: unknown;
}

const Settings = z.object({
  DATABASE_URL: z.string().min(1),
  /** the same for every process */
  ANGELIA_MASTER_KEY: z
    .base64()
    .transform((text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0)))
    .refine((key) => key.length === 32, "must be 32 bytes in base64"),
  ANGELIA_HOSTED_DOMAIN: z.string().min(1),
  ANGELIA_DNS_ZONE: z.string().min(1).optional(),
  /** where the CNAMEs of the customers' web names lead to */
  ANGELIA_CUSTOMER_WEB_HOST: z.string().min(1).optional(),
  ANGELIA_DNS_NAMESERVERS: z
    .string()
    .default("")
    .transform((text) => text.split(",").flatMap((one) => (one.trim() === "" ? [] : [one.trim()]))),
  ANGELIA_PUBLIC_URL: z.url().optional(),
  /** how the mail servers name themselves */
  ANGELIA_HOSTNAME: z.string().min(1).optional(),
  ANGELIA_MAX_MESSAGE_BYTES: z.coerce.number().int().positive().default(50_000_000),
  ANGELIA_API_REQUESTS_PER_MINUTE: z.coerce.number().int().min(10).max(1_000_000).default(600),
  ANGELIA_UNVERIFIED_DAILY: z.coerce.number().int().min(0).max(1_000_000).default(50),
  ANGELIA_LIMIT_LOOPBACK: z.enum(["0", "1"]).default("0"),
  ANGELIA_S3_ENDPOINT: z.url().optional(),
  ANGELIA_S3_BUCKET: z.string().default(""),
  ANGELIA_S3_REGION: z.string().default("auto"),
  ANGELIA_S3_ACCESS_KEY_ID: z.string().default(""),
  ANGELIA_S3_SECRET_ACCESS_KEY: z.string().default(""),
  /** Durable Objects that share the load; each has a pool of its own. */
  EDGE_SHARDS: z.coerce.number().int().min(1).max(64).default(4),
});
export type WorkerSettings = z.output<typeof Settings>;

/** @throws {Error} with one line for each wrong setting */
export function readSettings(env: WorkerEnv): WorkerSettings {
  const parsed = Settings.safeParse(env);
  if (parsed.success) return parsed.data;
  throw new Error(z.prettifyError(parsed.error));
}

/** @returns undefined when no S3-compatible store is set */
export function s3Of(settings: WorkerSettings): S3Settings | undefined {
  if (settings.ANGELIA_S3_ENDPOINT === undefined) return undefined;
  return {
    endpoint: settings.ANGELIA_S3_ENDPOINT,
    bucket: settings.ANGELIA_S3_BUCKET,
    region: settings.ANGELIA_S3_REGION,
    accessKeyId: settings.ANGELIA_S3_ACCESS_KEY_ID,
    secretAccessKey: settings.ANGELIA_S3_SECRET_ACCESS_KEY,
  };
}
