import { connect } from "node:net";
import { EICAR, startClamd } from "../test/support/clamd.ts";
import { startFakeDns } from "../test/support/fake-dns.ts";
import { missing } from "../test/support/programs.ts";
import { startRspamd } from "../test/support/rspamd.ts";
import { SmtpClient } from "../test/support/smtp-client.ts";
import { messageOf } from "./load/message.ts";
import type { Target } from "./target.ts";

/** The real scanners: one ClamAV for all, and for each who is measured an Rspamd with one worker and the same rules. Postfix's asks
 * ClamAV itself; Angelia asks both. */
export interface BenchScanners {
  /** settings with which Angelia uses them */
  readonly env: Readonly<Record<string, string>>;
  /** where Postfix asks Rspamd, which asks ClamAV */
  readonly milterPort: number;
  /** Messages of a size that both scanners together can look at in a second, asked by nobody else. */
  limit(size: number, seconds: number, atOnce: number): Promise<number>;
  stop(): Promise<void>;
}

/** Why they can't run here; undefined when they can. */
export const scannersUnavailable = (): string | undefined => missing("rspamd", "redis-server", "clamd");

export async function startScanners(dnsPort: number): Promise<BenchScanners> {
  const clamd = await startClamd();
  const rspamd = await startRspamd({ dns: dnsPort });
  const ofPostfix = await startRspamd({ milter: { clamdPort: clamd.port }, dns: dnsPort });
  return {
    env: { ANGELIA_RSPAMD_URL: rspamd.url, ANGELIA_CLAMD: clamd.path },
    milterPort: ofPostfix.milterPort,
    async limit(size, seconds, atOnce) {
      const until = Date.now() + seconds * 1_000;
      let done = 0;
      const work = async (lane: number): Promise<void> => {
        for (let n = lane; Date.now() < until; n += atOnce) {
          const message = messageOf(n, "u1@bench.test", size, "limit");
          await Promise.all([check(rspamd.url, message), scan(clamd.port, message)]);
          done += 1;
        }
      };
      const began = performance.now();
      await Promise.all(Array.from({ length: atOnce }, (_, lane) => work(lane)));
      return (done / (performance.now() - began)) * 1_000;
    },
    async stop() {
      await ofPostfix[Symbol.asyncDispose]();
      await rspamd[Symbol.asyncDispose]();
      await clamd[Symbol.asyncDispose]();
    },
  };
}

/** A name server that knows nothing, so that nobody waits for an answer. */
export const startBenchDns = (): ReturnType<typeof startFakeDns> => startFakeDns({});

async function check(url: string, message: Buffer): Promise<void> {
  const headers = { From: "load@sender.test", Rcpt: "u1@bench.test", IP: "127.0.0.1" };
  const answer = await fetch(`${url}/checkv2`, { method: "POST", headers, body: new Uint8Array(message) });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`Rspamd answers ${answer.status}`);
}

function scan(port: number, message: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let said = "";
    const length = Buffer.alloc(4);
    length.writeUInt32BE(message.length);
    socket.write("zINSTREAM\0");
    socket.write(length);
    socket.write(message);
    socket.write(Buffer.alloc(4));
    socket.on("data", (data: Buffer) => (said += data.toString()));
    socket.once("error", reject);
    socket.once("close", () => (said.includes("OK") ? resolve() : reject(new Error(`clamd says ${said}`))));
  });
}

/** What is measured with checks must have them. @throws {Error} it takes a virus */
export async function requireScans({ name, smtpPort }: Target, to: string): Promise<void> {
  const client = await SmtpClient.connect({ port: smtpPort, timeoutMs: 60_000 });
  await client.command("EHLO virus.sender.test");
  const message = Buffer.from(`From: v@sender.test\r\nTo: ${to}\r\nSubject: A virus\r\n\r\n${EICAR}\r\n`);
  const reply = await client.send({ from: "v@sender.test", to: [to] }, message);
  client.close();
  if (reply.code < 500) throw new Error(`${name} takes a virus: ${reply.text}`);
}
