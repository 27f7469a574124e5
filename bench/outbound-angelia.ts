import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SmtpClient } from "../test/support/smtp-client.ts";
import { startSystem } from "../test/support/system.ts";
import { cpuTimeMs } from "./cpu-time.ts";

/** A mail system whose queue is measured. */
export interface OutboundTarget {
  readonly name: string;
  /** Puts a message for each recipient into the queue, where all of them wait. */
  fill(recipients: readonly string[], message: (n: number, to: string) => Buffer): Promise<void>;
  /** Lets them go. */
  release(): Promise<void>;
  /** Processor time that all its processes have used so far, in milliseconds. */
  cpuMs(): number;
  stop(): Promise<void>;
}

const PASSWORD = "measured by the second";
const SENDERS = 20;

/** Sends over some connections at once. */
export async function fillOver(
  clients: readonly SmtpClient[],
  recipients: readonly string[],
  send: (client: SmtpClient, n: number, to: string) => Promise<string>,
): Promise<void> {
  let next = 0;
  const work = async (client: SmtpClient): Promise<void> => {
    while (next < recipients.length) {
      const n = next++;
      const reply = await send(client, n, recipients[n] ?? "");
      if (!reply.startsWith("250")) throw new Error(`a message was refused: ${reply}`);
    }
    await client.quit();
  };
  await Promise.all(clients.map(work));
}

/** The product as `npm start` runs it, with the sink as its smarthost. Messages wait by FUTURERELEASE (RFC 4865). */
export async function startAngeliaOut(sinkPort: number): Promise<OutboundTarget> {
  const system = await startSystem({ env: { ANGELIA_SMARTHOST: `127.0.0.1:${sinkPort}` } });
  let releaseAt = 0;
  try {
    await system.cli("tenant", "create", "bench", "--name", "Bench");
    await system.cli("domain", "add", "bench.test", "--tenant", "bench", "--proven");
    const dir = mkdtempSync(join(tmpdir(), "angelia-people-"));
    const lines = Array.from({ length: SENDERS }, (_, i) => `s${i}@bench.test,Sender ${i},${PASSWORD}\n`);
    writeFileSync(join(dir, "people.csv"), `address,name,password\n${lines.join("")}`, { mode: 0o600 });
    await system.cli("user", "import", join(dir, "people.csv"), "--tenant", "bench");
    rmSync(dir, { recursive: true, force: true });
  } catch (error) {
    await system.stop();
    throw error;
  }
  const open = async (_: unknown, i: number): Promise<SmtpClient> => {
    const client = await SmtpClient.connect({ port: system.ports.submission, timeoutMs: 120_000 });
    await client.command("EHLO load.bench.test");
    const reply = await client.command(`AUTH PLAIN ${btoa(`\0s${i}@bench.test\0${PASSWORD}`)}`);
    if (reply.code !== 235) throw new Error(reply.text);
    return client;
  };
  return {
    name: "Angelia",
    async fill(recipients, message) {
      const clients = await Promise.all(Array.from({ length: SENDERS }, open));
      const sender = new Map(clients.map((client, i) => [client, `s${i}@bench.test`]));
      // Time enough to hand all of them over.
      releaseAt = Date.now() + 10_000 + recipients.length * 20;
      const until = new Date(releaseAt).toISOString().replace(/\.\d+Z$/, "Z");
      await fillOver(clients, recipients, async (client, n, to) => {
        const from = sender.get(client) ?? "";
        const octets = Buffer.from(
          message(n, to).toString("latin1").replace("load@sender.test", from),
          "latin1",
        );
        const envelope = { from, to: [to], mailParameters: ` HOLDUNTIL=${until}` };
        return (await client.send(envelope, octets)).text;
      });
      if (Date.now() > releaseAt - 1_000) throw new Error("handing the messages over took too long");
    },
    release: () => sleep(Math.max(0, releaseAt - Date.now())),
    cpuMs: () => cpuTimeMs(dirname(system.dataDir), system.pid()),
    stop: () => system.stop(),
  };
}
