import { startAngelia } from "./angelia-target.ts";
import { describeMachine } from "./machine.ts";
import { type Measured, measure, verify, warmUp } from "./measure.ts";
import { peerUnavailable } from "./peers/postfix-dovecot.ts";
import { startPeer } from "./peer-target.ts";
import {
  type BenchScanners,
  requireScans,
  scannersUnavailable,
  startBenchDns,
  startScanners,
} from "./scanners.ts";
import { printTable } from "./table.ts";
import type { Target } from "./target.ts";

export interface DeliveryOptions {
  /** Messages of 4 KB in one round; fewer of the larger ones. */
  readonly messages: number;
  readonly connections: number;
  readonly mailboxes: number;
  /** Each load is measured this often on both, in turn; the median counts. */
  readonly rounds: number;
  /** No load lasts longer than this, besides what is still queued. */
  readonly seconds: number;
  readonly only: "angelia" | "peer" | undefined;
  /** With Rspamd and ClamAV, the same for both. */
  readonly checks: boolean;
}

/** So long the scanners alone are measured, with each size. */
const LIMIT_SECONDS = 5;

const DOMAIN = "bench.test";
const KB = 1_024;

interface Mix {
  readonly name: string;
  readonly sizes: readonly number[];
  /** Share of `messages` that is sent. */
  readonly share: number;
}

const MIXES: readonly Mix[] = [
  { name: "4 KB", sizes: [4 * KB], share: 1 },
  { name: "100 KB", sizes: [100 * KB], share: 0.25 },
  { name: "5 MB", sizes: [5_000 * KB], share: 0.01 },
  // Of a hundred messages 87 are of 4 KB, 12 of 100 KB and one of 5 MB.
  { name: "mixed", sizes: mixed(), share: 0.5 },
];

function mixed(): number[] {
  return Array.from({ length: 100 }, (_, i) => (i === 50 ? 5_000 * KB : i % 8 === 3 ? 100 * KB : 4 * KB));
}

/** Measures delivery of mail from the MX port into mailboxes, beside Postfix + Dovecot on the same disk, in turn. */
export async function benchDelivery(options: DeliveryOptions, say: (line: string) => void): Promise<void> {
  say(describeMachine());
  const reason = options.checks ? scannersUnavailable() : undefined;
  if (reason !== undefined) throw new Error(`the scanners can't run: ${reason}`);
  // Neither waits for the DNS: there is a name server, and it knows nothing.
  await using dns = await startBenchDns();
  const scanners = options.checks ? await startScanners(dns.port) : undefined;
  try {
    await measureAll(options, { dnsPort: dns.port, scanners }, say);
  } finally {
    await scanners?.stop();
  }
}

interface Around {
  readonly dnsPort: number;
  readonly scanners: BenchScanners | undefined;
}

async function measureAll(
  options: DeliveryOptions,
  around: Around,
  say: (line: string) => void,
): Promise<void> {
  const targets = await startTargets(options, around, say);
  const sent = new Map<Target, number[]>(targets.map((target) => [target, []]));
  try {
    for (const target of targets) {
      await warmUp(target, DOMAIN, options.mailboxes);
      if (around.scanners !== undefined) await requireScans(target, `u0@${DOMAIN}`);
    }
    for (const mix of MIXES) {
      const results = new Map<Target, Measured[]>(targets.map((target) => [target, []]));
      for (let round = 0; round < options.rounds; round++)
        // In turn, and the other one first the next time, so that a noisy moment harms both.
        for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
          const measured = await measure(target, {
            port: target.smtpPort,
            connections: options.connections,
            domain: DOMAIN,
            mailboxes: options.mailboxes,
            sizes: mix.sizes,
            messages: Math.max(mix.sizes.length, Math.round(options.messages * mix.share)),
            deadlineMs: options.seconds * 1_000,
            run: `${mix.name.replace(" ", "")}.${round}.${process.pid}`,
          });
          results.get(target)?.push(measured);
          sent.get(target)?.push(measured.accepted);
        }
      printTable(mix.name, results, say);
      const [size, other] = mix.sizes;
      if (around.scanners !== undefined && size !== undefined && other === undefined) {
        const limit = await around.scanners.limit(size, LIMIT_SECONDS, options.connections);
        say(`The scanners alone look at ${limit.toFixed(0)} such messages a second.`);
      }
    }
    for (const target of targets) {
      const boxes = await verify(target, options.mailboxes, sent.get(target) ?? []);
      say(`${target.name}: ${boxes} mailboxes asked by IMAP hold exactly what was accepted for them.`);
    }
  } finally {
    for (const target of targets) await target.stop();
  }
}

async function startTargets(
  options: DeliveryOptions,
  { dnsPort, scanners }: Around,
  say: (line: string) => void,
): Promise<readonly Target[]> {
  const targets: Target[] = [];
  const env = { ANGELIA_DNS: `127.0.0.1:${dnsPort}`, ...scanners?.env };
  if (options.only !== "peer") targets.push(await startAngelia(DOMAIN, options.mailboxes, env));
  if (options.only === "angelia") return targets;
  const reason = peerUnavailable();
  if (reason === undefined) targets.push(await startPeer(DOMAIN, options.mailboxes, scanners?.milterPort));
  else say(`Without Postfix + Dovecot to compare with: ${reason}`);
  say(
    `${options.mailboxes} mailboxes, ${options.connections} connections, ${options.rounds} rounds (median), load generator on the same machine; both sync to disk before they say yes`,
  );
  return targets;
}
