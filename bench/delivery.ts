import { startAngelia } from "./angelia-target.ts";
import { describeMachine } from "./machine.ts";
import { type Measured, measure, verify, warmUp } from "./measure.ts";
import { peerUnavailable } from "./peers/postfix-dovecot.ts";
import { startPeer } from "./peer-target.ts";
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
}

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
  const targets = await startTargets(options, say);
  const sent = new Map<Target, number[]>(targets.map((target) => [target, []]));
  try {
    for (const target of targets) await warmUp(target, DOMAIN, options.mailboxes);
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
  say: (line: string) => void,
): Promise<readonly Target[]> {
  const targets: Target[] = [];
  if (options.only !== "peer") targets.push(await startAngelia(DOMAIN, options.mailboxes));
  if (options.only === "angelia") return targets;
  const reason = peerUnavailable();
  if (reason === undefined) targets.push(await startPeer(DOMAIN, options.mailboxes));
  else say(`Without Postfix + Dovecot to compare with: ${reason}`);
  say(
    `${options.mailboxes} mailboxes, ${options.connections} connections, ${options.rounds} rounds (median), load generator on the same machine; both sync to disk before they say yes`,
  );
  return targets;
}
