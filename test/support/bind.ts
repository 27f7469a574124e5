import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "./free-ports.ts";
import { plainEnvironment } from "./run-program.ts";

export interface Bind extends AsyncDisposable {
  readonly port: number;
  /** The key that may change the zones: name, algorithm, secret in base64. */
  readonly key: { readonly name: string; readonly algorithm: "hmac-sha256"; readonly secret: string };
}

/** A name server of ISC, the primary of these zones: `{ "agency.test": "www 60 IN A 192.0.2.1" }`. All can be changed with its key. */
export async function startBind(zones: Readonly<Record<string, string>>): Promise<Bind> {
  const dir = mkdtempSync(join(tmpdir(), "angelia-bind-"));
  const [port = 0] = await freePorts(1);
  const key = {
    name: "angelia-update",
    algorithm: "hmac-sha256",
    secret: btoa("a secret of 32 octets, for tests"),
  } as const;
  const blocks = Object.entries(zones).map(([zone, records]) => {
    const file = join(dir, `${zone}.zone`);
    const soa = `$ORIGIN ${zone}.\n@ 60 IN SOA ns.${zone}. hostmaster.${zone}. 1 3600 600 86400 1\n@ 60 IN NS ns.${zone}.\nns 60 IN A 127.0.0.1\n`;
    writeFileSync(file, `${soa}${records}\n`);
    return `zone "${zone}" { type primary; file "${file}"; allow-update { key "${key.name}"; }; };`;
  });
  const config = `
    options { directory "${dir}"; pid-file none; session-keyfile "${dir}/session.key"; managed-keys-directory "${dir}";
      listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion yes; allow-recursion { 127.0.0.1; }; dnssec-validation no;
      check-names primary ignore; };
    controls { };
    key "${key.name}" { algorithm ${key.algorithm}; secret "${key.secret}"; };
    ${blocks.join("\n")}`;
  writeFileSync(join(dir, "named.conf"), config);
  const server = spawn("/usr/sbin/named", ["-g", "-n", "1", "-c", join(dir, "named.conf")], {
    env: plainEnvironment(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said: string[] = [];
  server.stderr.on("data", (piece: Buffer) => void said.push(piece.toString()));
  const stop = async (): Promise<void> => {
    await end(server);
    rmSync(dir, { recursive: true, force: true });
  };
  for (let tries = 0; !(await answers(port)); tries++) {
    if (server.exitCode !== null || tries > 300) {
      await stop();
      throw new Error(`named did not start: ${said.join("").slice(-2_000)}`);
    }
    await sleep(100);
  }
  return { port, key, [Symbol.asyncDispose]: stop };
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, "exit");
  server.kill("SIGTERM");
  const late = setTimeout(() => server.kill("SIGKILL"), 10_000);
  await ended;
  clearTimeout(late);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
    socket.once("connect", () => socket.destroy());
  });
}
