import { Registry } from "prom-client";
import { nodeCipher } from "../../host/node-cipher.ts";
import { loadTls } from "../../host/tls.ts";
import { type DeliveryDeps, startDelivery } from "../../smtp-relay/delivery/start-delivery.ts";
import type { DeliverySettings } from "../../smtp-relay/delivery/delivery-settings.ts";
import { serverTls } from "../../smtp-relay/listen/server-tls.ts";
import { Scanners } from "../../smtp-relay/scanners/scanners.ts";
import { openStoreAndForward } from "../../smtp-relay/store-and-forward/store-and-forward.ts";
import { type SmtpConfig, startMx, startSubmission } from "../../smtp-relay/smtp/start-smtp.ts";
import {
  type AskDns,
  DnsError,
  type MxRecord,
  type RecordTypes,
  type Resolver,
  resolverOf,
  type TlsaRecord,
} from "../../src/dns/index.ts";
import type { Log } from "../../src/kernel/ports.ts";
import { NotifyingQueueSignal, type Outbound } from "../../src/outbound/index.ts";
import { importUsers, type Principal } from "../../src/tenants/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { listPlacements, readMailboxByRole, readMessages, ALL_UIDS } from "../../src/mailstore/index.ts";
import { PASSWORD, type TestPlatform } from "./platform.ts";
import { SmtpClient } from "./smtp-client.ts";

/** What the DNS of a test says; anything else does not exist. */
export interface FakeDns {
  readonly mx?: Readonly<Record<string, readonly MxRecord[]>>;
  readonly a?: Readonly<Record<string, readonly string[]>>;
  readonly aaaa?: Readonly<Record<string, readonly string[]>>;
  readonly ptr?: Readonly<Record<string, readonly string[]>>;
  /** "SERVFAIL": no answer. */
  readonly txt?: Readonly<Record<string, readonly string[] | "SERVFAIL">>;
  readonly tlsa?: Readonly<Record<string, readonly TlsaRecord[]>>;
  /** Every answer is proven by DNSSEC. */
  readonly authenticated?: boolean;
  /** Names for which there is no answer. */
  readonly fails?: readonly string[];
}

export function fakeResolver(dns: FakeDns): Resolver {
  const ask: AskDns = (type, name) => {
    const texts = dns.txt?.[name.toLowerCase()] ?? [];
    if (dns.fails?.includes(name) === true || (type === "TXT" && texts === "SERVFAIL"))
      return Promise.reject(new DnsError("ESERVFAIL", `${type} ${name}`));
    const zone: { readonly [T in keyof RecordTypes]: Readonly<Record<string, readonly RecordTypes[T][]>> } = {
      MX: dns.mx ?? {},
      A: dns.a ?? {},
      AAAA: dns.aaaa ?? {},
      PTR: dns.ptr ?? {},
      TXT: texts === "SERVFAIL" ? {} : { [name]: texts },
      TLSA: dns.tlsa ?? {},
      NS: {},
      CNAME: {},
      SOA: {},
    };
    const records = zone[type][name] ?? [];
    return Promise.resolve({
      records,
      authenticated: dns.authenticated === true,
      ttl: 60,
      canonicalName: name,
    });
  };
  return resolverOf(ask);
}

/** A log that can be read. */
function keptLog(): Log & { readonly lines: { event: string; [field: string]: unknown }[] } {
  const lines: { event: string; [field: string]: unknown }[] = [];
  const keep = (event: string, fields: Readonly<Record<string, unknown>> = {}): void =>
    void lines.push({ event, ...fields });
  return { lines, info: keep, warn: keep, error: keep };
}

export interface SmtpRelayOptions extends Partial<SmtpConfig> {
  readonly dns?: FakeDns;
  /** In place of the certificate that is made here. */
  readonly tlsFiles?: { readonly cert: string; readonly key: string };
  /** In place of `dns`: a real one. */
  readonly resolver?: Resolver;
  /** None unless given. */
  readonly scanners?: Scanners;
  /** Domains whose ARC seals are believed. */
  readonly trustedSealers?: readonly string[];
  /** Without one nothing is delivered from the queue. */
  readonly delivery?: Partial<DeliverySettings>;
  /** Takes mail while the database is away. */
  readonly keeping?: { readonly dataDir: string; readonly bytesMax?: number };
  readonly sign?: NonNullable<DeliveryDeps["sign"]>;
  readonly sealForward?: NonNullable<Outbound["sealForward"]>;
}

export interface SmtpRelay extends AsyncDisposable {
  readonly ports: { readonly mx: number; readonly submission: number; readonly submissions: number };
  readonly outbound: Outbound;
  readonly resolver: Resolver;
  readonly registry: Registry;
  readonly log: ReturnType<typeof keptLog>;
  /** Connects to the MX and says EHLO. */
  mx(): Promise<SmtpClient>;
  /** Connects to the submission port, says EHLO and signs in. */
  submission(address: string): Promise<SmtpClient>;
  /** Plays a dialog with the MX: `C: ` lines are sent, `S: ` lines are what the reply must begin with. */
  smtp(dialog: readonly string[]): Promise<void>;
  /** Ends the servers, as a process does when it is told to stop. */
  stop(): Promise<void>;
}

function check(text: string, expected = ""): void {
  if (!`S: ${text}`.startsWith(expected)) throw new Error(`expected «${expected}», got «${text}»`);
}

export const HOSTNAME = "mx.hosted.test";

/** SMTP servers on free ports of loopback: `await using relay = await startSmtpRelay(platform)`. */
export async function startSmtpRelay(
  platform: TestPlatform,
  options: SmtpRelayOptions = {},
): Promise<SmtpRelay> {
  const { dataDir } = platform;
  const log = keptLog();
  const tls = await loadTls(
    { hostname: HOSTNAME, hostedDomain: "hosted.test", tlsFiles: options.tlsFiles, dataDir },
    log,
  );
  const queue = new NotifyingQueueSignal(platform.db, log);
  const outbound: Outbound = {
    store: platform.store,
    tenancy: platform.tenancy,
    queue,
    hostname: HOSTNAME,
    ...(options.sealForward === undefined ? {} : { sealForward: options.sealForward }),
  };
  const resolver = options.resolver ?? fakeResolver(options.dns ?? {});
  const registry = new Registry();
  const scanners =
    options.scanners ?? new Scanners({ log, clock: platform.store.clock }, { rspamd: null, clamd: null });
  const checks = { scanners, trustedSealers: new Set(options.trustedSealers ?? []) };
  const keeping =
    options.keeping === undefined
      ? undefined
      : await openStoreAndForward({
          key: new Uint8Array(32).fill(5),
          cipher: nodeCipher,
          bytesMax: 1e9,
          outbound,
          log,
          lookMs: 100,
          ...options.keeping,
        });
  const deps = { outbound, log, registry, secureContext: serverTls(tls), resolver, checks, keeping };
  const config: SmtpConfig = {
    bind: "127.0.0.1",
    dataDir,
    hostname: HOSTNAME,
    maxMessageBytes: 52_428_800,
    cleartextLogin: "loopback",
    limitLoopback: false,
    ...options,
  };
  const mx = await startMx(deps, { ...config, port: 0 });
  const submission = await startSubmission(deps, { ...config, port: 0, tlsPort: 0 });
  const worker =
    options.delivery === undefined
      ? undefined
      : startDelivery(
          {
            outbound,
            resolver,
            log,
            registry,
            ...(options.sign === undefined ? {} : { sign: options.sign }),
          },
          { hostname: HOSTNAME, smarthost: undefined, ...options.delivery },
        );
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    await Promise.all([worker?.stop(), mx.stop(), submission.startTls.stop(), submission.implicitTls.stop()]);
    await keeping?.stop();
    queue.stop();
    tls.stop();
  };
  return {
    ports: { mx: mx.port, submission: submission.startTls.port, submissions: submission.implicitTls.port },
    outbound,
    resolver,
    registry,
    log,
    async mx() {
      const client = await SmtpClient.connect({ port: mx.port });
      await client.command("EHLO client.test");
      return client;
    },
    async submission(address) {
      const client = await SmtpClient.connect({ port: submission.startTls.port });
      await client.command("EHLO client.test");
      const reply = await client.command(`AUTH PLAIN ${btoa(`\0${address}\0${PASSWORD}`)}`);
      if (reply.code !== 235) throw new Error(reply.text);
      return client;
    },
    async smtp([greeting = "", ...steps]) {
      const client = await SmtpClient.connect({ port: mx.port });
      check(client.greeting.text, greeting);
      for (const [i, step] of steps.entries())
        if (step.startsWith("C: ")) check((await client.command(step.slice(3))).text, steps[i + 1]);
      client.close();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

export interface Agency {
  readonly slug: string;
  readonly domain: string;
  readonly tenantId: TenantId;
}

let count = 0;

/** New people, with these quotas and the password of `TestPlatform.person`: made without scrypt, so that a test may have many. */
export async function newPeople(
  { tenancy }: TestPlatform,
  { slug, domain, tenantId }: Agency,
  quotas: readonly (number | undefined)[],
): Promise<Principal[]> {
  const people = quotas.map((quotaBytes) => {
    const name = `p${++count}`;
    return {
      address: `${name}@${domain}`,
      name,
      password: PASSWORD,
      ...(quotaBytes === undefined ? {} : { quotaBytes }),
    };
  });
  const { added } = await importUsers(tenancy, slug, people);
  return added.map(({ id, address }, i) => ({
    tenantId,
    accountId: id,
    address,
    name: people[i]?.name ?? "",
  }));
}

/** The raw messages of somebody's inbox, in the order of their UIDs. */
export async function inboxOf(platform: TestPlatform, { tenantId, accountId }: Principal): Promise<Buffer[]> {
  const { db, store } = platform;
  const blobs = await db.tenant(tenantId, async (tx) => {
    const inbox = await readMailboxByRole(tx, accountId, "inbox");
    const placements = await listPlacements(tx, inbox.id, ALL_UIDS);
    const messages = await readMessages(
      tx,
      placements.map((one) => one.messageId),
    );
    return placements.flatMap((one) => messages.get(one.messageId)?.blobId ?? []);
  });
  return Promise.all(blobs.map(async (id) => Buffer.from(await store.vault.read(tenantId, id))));
}

/** Splits what was stored into the trace that we put before it, and what came in: from the first field that is not ours. */
export function withoutTrace(raw: Buffer): { readonly trace: string; readonly message: Buffer } {
  const text = raw.toString("latin1");
  const trace =
    /^Return-Path: .*\r\n(?:(?:(?:Authentication-Results|X-Angelia-\w+): .*\r\n(?:\t.*\r\n)*)*Received: .*\r\n(?:\t.*\r\n)*)?/.exec(
      text,
    )?.[0] ?? "";
  return { trace, message: raw.subarray(trace.length) };
}

/** Waits until something is so. @throws {Error} it is not so after 15 seconds, or `ms` */
export async function until<T>(look: () => Promise<T | undefined | false>, ms = 15_000): Promise<T> {
  for (const end = Date.now() + ms; Date.now() < end;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("it did not come about in time");
}
