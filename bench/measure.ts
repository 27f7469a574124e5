import { spawn } from "node:child_process";
import { join } from "node:path";
import { SmtpClient } from "../test/support/smtp-client.ts";
import { type LoadPlan, type LoadResult, mailboxOf } from "./load/plan.ts";
import type { Target } from "./target.ts";

export interface Measured {
  readonly accepted: number;
  /** Replies 250 a second. */
  readonly acceptedPerSecond: number;
  /** Messages a second that are in their mailboxes for good: to the last of them. */
  readonly deliveredPerSecond: number;
  readonly megabytesPerSecond: number;
  /** From MAIL to the 250. */
  readonly reply: Percentiles;
  /** From the arrival to the mailbox. */
  readonly delivery: Percentiles;
}

interface Percentiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Sends one load and waits until all of it is in the mailboxes.
 * @throws {Error} a message was refused */
export async function measure(target: Target, plan: LoadPlan): Promise<Measured> {
  const mark = target.mark();
  const load = await generate(plan);
  if (load.refused.length > 0)
    throw new Error(`${target.name} refused messages: ${load.refused.join(" | ")}`);
  const settled = await target.settled(mark, load.accepted, load);
  const seconds = (settled.at - load.startedAt) / 1_000;
  return {
    accepted: load.accepted,
    acceptedPerSecond: (load.accepted / load.elapsedMs) * 1_000,
    deliveredPerSecond: load.accepted / seconds,
    megabytesPerSecond: load.bytes / 1e6 / seconds,
    reply: percentiles(load.latenciesMs),
    delivery: percentiles(settled.delaysMs),
  };
}

/** One message into each mailbox: makes the mailboxes where they are made on first use, and fills the caches. */
export async function warmUp(target: Target, domain: string, mailboxes: number): Promise<void> {
  const mark = target.mark();
  const startedAt = Date.now();
  const client = await SmtpClient.connect({ port: target.smtpPort, timeoutMs: 120_000 });
  await client.command("EHLO warm.sender.test");
  for (let first = 0; first < mailboxes; first += 100) {
    const to = Array.from({ length: Math.min(100, mailboxes - first) }, (_, i) => `u${first + i}@${domain}`);
    const message = Buffer.from(`From: warm@sender.test\r\nSubject: Warming up ${first}\r\n\r\nHello.\r\n`);
    const reply = await client.send({ from: "warm@sender.test", to }, message);
    if (reply.code !== 250) throw new Error(`${target.name}: ${reply.text}`);
  }
  await client.quit();
  const load = { accepted: mailboxes, refused: [], bytes: 0, startedAt, elapsedMs: 0, latenciesMs: [] };
  await target.settled(mark, mailboxes, load);
}

/** Asks some mailboxes by IMAP whether they hold exactly what was accepted for them.
 * @param runs how many messages each load since the warm-up sent */
export async function verify(target: Target, mailboxes: number, runs: readonly number[]): Promise<number> {
  const samples = Array.from({ length: 12 }, (_, i) => Math.floor((i * mailboxes) / 12));
  for (const mailbox of samples) {
    const wanted = runs.reduce((sum, messages) => sum + sentTo(mailbox, mailboxes, messages), 1);
    const found = await target.countIn(mailbox);
    if (found !== wanted) throw new Error(`${target.name}: mailbox ${mailbox} holds ${found}, not ${wanted}`);
  }
  return samples.length;
}

function sentTo(mailbox: number, mailboxes: number, messages: number): number {
  let count = 0;
  for (let n = 0; n < messages; n++) if (mailboxOf(n, mailboxes) === mailbox) count++;
  return count;
}

async function generate(plan: LoadPlan): Promise<LoadResult> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "load/generator.ts"), JSON.stringify(plan)],
    { stdio: ["ignore", "pipe", "inherit"], timeout: plan.deadlineMs + 180_000, killSignal: "SIGKILL" },
  );
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`the load generator ended with ${code}`);
  return JSON.parse(output);
}

function percentiles(sorted: readonly number[]): Percentiles {
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
