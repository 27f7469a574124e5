// The load generator: a process of its own, so that it neither waits for the bench nor is measured with it.
import { SmtpClient } from "../../test/support/smtp-client.ts";
import { type LoadPlan, type LoadResult, mailboxOf } from "./plan.ts";
import { messageOf } from "./message.ts";

const plan: LoadPlan = JSON.parse(process.argv[2] ?? "");

/** Sends until all messages are sent, or the time is up. */
async function run(): Promise<LoadResult> {
  const clients = await Promise.all(Array.from({ length: plan.connections }, open));
  const latencies: number[] = [];
  const refused: string[] = [];
  let next = 0;
  let bytes = 0;
  const startedAt = Date.now();
  const began = performance.now();
  const work = async (client: SmtpClient): Promise<void> => {
    while (next < plan.messages && performance.now() - began < plan.deadlineMs) {
      const n = next++;
      const to = `u${mailboxOf(n, plan.mailboxes)}@${plan.domain}`;
      const message = messageOf(n, to, plan.sizes[n % plan.sizes.length] ?? 4_096, plan.run);
      const sentAt = performance.now();
      const reply = await client.send({ from: "load@sender.test", to: [to] }, message);
      if (reply.code === 250) {
        latencies.push(performance.now() - sentAt);
        bytes += message.length;
      } else refused.push(reply.text);
    }
  };
  await Promise.all(clients.map(work));
  const elapsedMs = performance.now() - began;
  for (const client of clients) client.close();
  latencies.sort((a, b) => a - b);
  return {
    accepted: latencies.length,
    refused: refused.slice(0, 5),
    bytes,
    startedAt,
    elapsedMs,
    latenciesMs: latencies,
  };
}

async function open(): Promise<SmtpClient> {
  const client = await SmtpClient.connect({ port: plan.port, timeoutMs: 120_000 });
  await client.command("EHLO load.sender.test");
  return client;
}

process.stdout.write(`${JSON.stringify(await run())}\n`);
