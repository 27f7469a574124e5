import { randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { type Finished, runProgram } from "./run-program.ts";

const DNS_PORT = 53;

interface OwnResolver extends AsyncDisposable {
  /** Runs a program that asks this name server, and no other, through the system's own resolver. */
  run(program: string, args: readonly string[], input: Uint8Array): Promise<Finished>;
}

/** Makes the name server at this port of 127.0.0.1 the one of programs that ask what resolv.conf names, which knows no ports: they see a
 * resolv.conf of their own, in a mount namespace that ends with them, and its address leads to that port. Needs root. */
export async function startOwnResolver(port: number): Promise<OwnResolver> {
  // No other test has it, so its port 53 is free.
  const address = `127.53.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  const dir = mkdtempSync(join(tmpdir(), "angelia-resolver-"));
  const file = join(dir, "resolv.conf");
  writeFileSync(file, `nameserver ${address}\n`);
  const [datagrams, streams] = await Promise.all([leadDatagrams(address, port), leadStreams(address, port)]);
  return {
    run(program, args, input) {
      const mounted = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
      const words = ["--mount", "/bin/sh", "-c", mounted, file, program, ...args];
      return runProgram("/usr/bin/unshare", words, { input });
    },
    async [Symbol.asyncDispose]() {
      datagrams.close();
      streams.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function leadDatagrams(address: string, port: number): Promise<Socket> {
  const front = createSocket("udp4");
  front.on("message", (question, asker) => {
    const back = createSocket("udp4").unref();
    back.once("message", (answer) => {
      back.close();
      front.send(answer, asker.port, asker.address);
    });
    back.send(question, port, "127.0.0.1");
  });
  front.bind(DNS_PORT, address);
  await once(front, "listening");
  return front;
}

/** Answers that are too long for a datagram are asked for again over TCP. */
async function leadStreams(address: string, port: number): Promise<Server> {
  const server = createServer((asker) => {
    const back = connect(port, "127.0.0.1");
    pipeline(asker, back, asker, () => undefined);
  });
  server.listen(DNS_PORT, address);
  await once(server, "listening");
  return server;
}
