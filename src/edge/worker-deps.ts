import { scrypt } from "node:crypto";
import type { Context } from "hono";
import { KeyRing, type ObjectStore, s3ObjectStore, Vault } from "../blob/index.ts";
import { openDb } from "../db/index.ts";
import type { Domains } from "../domains/index.ts";
import type { Log } from "../kernel/ports.ts";
import { GroupCommit, type Mailstore, NotifyingChangeHub } from "../mailstore/index.ts";
import { NotifyingQueueSignal, type Outbound } from "../outbound/index.ts";
import { newTenancy, reportsDomain, type Scrypt } from "../tenants/index.ts";
import type { EdgeDeps } from "./deps.ts";
import { r2ObjectStore } from "./r2-object-store.ts";
import { readSettings, s3Of, type WorkerEnv, type WorkerSettings } from "./worker-settings.ts";

/** Connections of one Durable Object; workerd allows some hundred sockets in each. */
const POOL = 10;

const scryptNow: Scrypt = (password, salt, cost) =>
  new Promise((resolve, reject) => {
    scrypt(password, salt, 32, { ...cost, maxmem: 256 * cost.N * cost.r }, (error, key) => {
      if (error === null) resolve(new Uint8Array(key));
      else reject(error);
    });
  });

let lastScrypt: Promise<unknown> = Promise.resolve();

/** workerd computes it on the one thread that everything else waits for: so one at a time, and others get a turn in between. */
const workerScrypt: Scrypt = (password, salt, cost) => {
  const result = lastScrypt
    .then(() => new Promise((resolve) => setTimeout(resolve, 1)))
    .then(() => scryptNow(password, salt, cost));
  lastScrypt = result.catch(() => undefined);
  return result;
};

/** An error's own fields don't survive JSON. */
const plain = (value: unknown): unknown =>
  value instanceof Error
    ? { name: value.name, message: value.message, stack: value.stack, cause: plain(value.cause) }
    : value;

type Print = (line: string) => void;

const write =
  (level: string, print: Print) =>
  (event: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    const shown = Object.entries(fields).map(([name, value]) => [name, plain(value)] as const);
    print(JSON.stringify({ level, event, ...Object.fromEntries(shown) }));
  };

/** One JSON line an event, where the platform collects lines. */
const log: Log = {
  info: write("info", console.info), // oxlint-disable-line no-console -- workerd has no other output
  warn: write("warn", console.warn), // oxlint-disable-line no-console -- see above
  error: write("error", console.error), // oxlint-disable-line no-console -- see above
};

const clock = (): number => Date.now();
const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

function objectsOf(env: WorkerEnv, settings: WorkerSettings): ObjectStore {
  if (env.BLOBS !== undefined) return r2ObjectStore(env.BLOBS);
  const s3 = s3Of(settings);
  if (s3 === undefined) throw new Error("neither the R2 binding BLOBS nor ANGELIA_S3_ENDPOINT is set");
  return s3ObjectStore(s3);
}

/** What the edge stands on in workerd, with what has to be started and ended. */
export interface WorkerPlatform extends EdgeDeps {
  readonly changes: NotifyingChangeHub;
}

/** There is no DNS in workerd: the job of the relay looks. */
function newDomains(settings: WorkerSettings, outbound: Outbound): Domains {
  const { ANGELIA_HOSTED_DOMAIN: hostedDomain, ANGELIA_DNS_ZONE: zone = hostedDomain } = settings;
  const { hostname } = outbound;
  return {
    outbound,
    log,
    openDns: undefined,
    fetchPublic: () => Promise.reject(new Error("the relay asks")),
    providers: { call: (url, init) => fetch(url, init), openDynamic: undefined, clock },
    settings: {
      zone,
      mxHost: hostname,
      webHost: settings.ANGELIA_CUSTOMER_WEB_HOST,
      nameServers: settings.ANGELIA_DNS_NAMESERVERS,
      reports: reportsDomain({ hostedDomain }),
      ours: [hostedDomain, zone, hostname],
      publicUrl: settings.ANGELIA_PUBLIC_URL ?? `https://${hostname}`,
      spfTerms: [`a:${hostname}`],
    },
  };
}

/** Puts the modules together for one Durable Object (or a test). Nothing connects before it is used.
 * @throws {Error} for the operator, when a setting is wrong */
export function newWorkerPlatform(env: WorkerEnv): WorkerPlatform {
  const settings = readSettings(env);
  const direct = openDb({ url: settings.DATABASE_URL, max: env.HYPERDRIVE === undefined ? POOL : 2 });
  // Hyperdrive pools transactions and so can't LISTEN: wake-ups come over a connection of our own.
  const db =
    env.HYPERDRIVE === undefined ? direct : openDb({ url: env.HYPERDRIVE.connectionString, max: POOL });
  const keys = new KeyRing(db, settings.ANGELIA_MASTER_KEY, clock, random);
  const vault = new Vault({ db, objects: objectsOf(env, settings), keys, clock, random });
  const changes = new NotifyingChangeHub(direct, log);
  const store: Mailstore = { db, vault, changes, commits: new GroupCommit(db), clock, random };
  const hostedDomain = settings.ANGELIA_HOSTED_DOMAIN;
  const tenancy = newTenancy({ db, keys, scrypt: workerScrypt, clock, random, hostedDomain });
  const hostname = settings.ANGELIA_HOSTNAME ?? `mail.${hostedDomain}`;
  const queue = new NotifyingQueueSignal(direct, log);
  const unverifiedDaily = settings.ANGELIA_UNVERIFIED_DAILY;
  const outbound = {
    store,
    tenancy,
    queue,
    hostname,
    publicUrl: settings.ANGELIA_PUBLIC_URL,
    unverifiedDaily,
  };
  return {
    store,
    tenancy,
    outbound,
    domains: newDomains(settings, outbound),
    dnsZone: settings.ANGELIA_DNS_ZONE,
    log,
    // The platform writes this header itself; in front of a workerd of one's own the proxy must.
    clientAddress: (c: Context) => c.req.header("cf-connecting-ip"),
    apiRequestsPerMinute: settings.ANGELIA_API_REQUESTS_PER_MINUTE,
    limitLoopback: settings.ANGELIA_LIMIT_LOOPBACK === "1",
    maxMessageBytes: settings.ANGELIA_MAX_MESSAGE_BYTES,
    changes,
  };
}
