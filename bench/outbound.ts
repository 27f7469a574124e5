import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "./load/message.ts";
import { describeMachine } from "./machine.ts";
import { type OutboundTarget, startAngeliaOut } from "./outbound-angelia.ts";
import { startPostfixOut } from "./outbound-postfix.ts";
import { peerUnavailable } from "./peers/postfix-dovecot.ts";
import { type Sink, startSink } from "./sink.ts";

export interface OutboundOptions {
  /** Messages of 4 KB in one round. */
  readonly messages: number;
  /** Each is measured this often on both, in turn; the median counts. */
  readonly rounds: number;
  readonly only: "angelia" | "peer" | undefined;
}

const SIZES = [
  { name: "4 KB", octets: 4 * 1_024, share: 1 },
  { name: "100 KB", octets: 100 * 1_024, share: 0.2 },
] as const;

/** Measures how fast a queue empties: all messages are in it, on disk, before the first of them may leave, and all go to one server that
 * takes everything, in clear text. Counted is from the first to the last one there. */
export async function benchOutbound(options: OutboundOptions, say: (line: string) => void): Promise<void> {
  say(describeMachine());
  const sink = await startSink();
  const targets: OutboundTarget[] = [];
  try {
    if (options.only !== "peer") targets.push(await startAngeliaOut(sink.port));
    const reason = options.only === "angelia" ? "it was not asked for" : peerUnavailable();
    if (reason === undefined) targets.push(await startPostfixOut(sink.port));
    else say(`Without Postfix to compare with: ${reason}`);
    say(
      `${options.rounds} rounds (median), ${options.messages} messages queued first, then sent to one server on the same machine`,
    );
    // A small one that does not count fills the caches.
    for (const target of targets) await measure(target, sink, 200, 4_096, "warm");
    for (const { name, octets, share } of SIZES) {
      const messages = Math.max(50, Math.round(options.messages * share));
      const results = new Map<OutboundTarget, Measured[]>(targets.map((target) => [target, []]));
      for (let round = 0; round < options.rounds; round++)
        for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
          const measured = await measure(target, sink, messages, octets, `${octets}.${round}`);
          results.get(target)?.push(measured);
        }
      print(name, messages, results, say);
    }
  } finally {
    for (const target of targets) await target.stop();
    sink.stop();
  }
}

interface Measured {
  readonly perSecond: number;
  readonly cpuMsEach: number;
  readonly connections: number;
}

async function measure(
  target: OutboundTarget,
  sink: Sink,
  messages: number,
  octets: number,
  run: string,
): Promise<Measured> {
  sink.reset();
  const recipients = Array.from({ length: messages }, (_, n) => `r${n}@d${n % 50}.elsewhere.test`);
  await target.fill(recipients, (n, to) => messageOf(n, to, octets, `${run}.${process.pid}`));
  await sleep(1_000);
  const cpuBefore = target.cpuMs();
  await target.release();
  const { firstAt, lastAt, connections } = await sink.settled(messages);
  // What is still to be written down is part of it.
  await sleep(1_000);
  return {
    perSecond: ((messages - 1) / Math.max(1, lastAt - firstAt)) * 1_000,
    cpuMsEach: (target.cpuMs() - cpuBefore) / messages,
    connections,
  };
}

function print(
  size: string,
  messages: number,
  results: ReadonlyMap<OutboundTarget, readonly Measured[]>,
  say: (line: string) => void,
): void {
  say("");
  const medians: { readonly rate: number; readonly cpu: number }[] = [];
  for (const [target, rounds] of results) {
    const rate = median(rounds.map((one) => one.perSecond));
    const cpu = median(rounds.map((one) => one.cpuMsEach));
    medians.push({ rate, cpu });
    const rates = rounds.map((one) => one.perSecond.toFixed(0)).join(", ");
    const more = `(${rates}; ${messages} messages, ${rounds.at(-1)?.connections} connections)`;
    say(
      `${size.padEnd(8)}${target.name.padEnd(18)}${rate.toFixed(0).padStart(8)} messages/s out ${cpu.toFixed(2).padStart(8)} ms of processor each  ${more}`,
    );
  }
  const [ours, theirs] = medians;
  if (ours !== undefined && theirs !== undefined)
    say(
      `${size.padEnd(8)}${"ratio".padEnd(18)}${(ours.rate / theirs.rate).toFixed(2).padStart(8)} x             ${(ours.cpu / theirs.cpu).toFixed(2).padStart(8)} x`,
    );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
