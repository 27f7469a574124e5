import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { generate } from "selfsigned";
import { freePorts } from "../test/support/free-ports.ts";
import { runTool } from "../test/support/postfix-program.ts";
import { missing } from "../test/support/programs.ts";
import { plainEnvironment } from "../test/support/run-program.ts";
import { endsWithUs } from "./ends-with-us.ts";
import { type IdleClients, openIdleClients } from "./idle-clients.ts";
import { proportionalBytes } from "./memory.ts";

/** Why it can't run here; undefined when it can. */
export function dovecotUnavailable(): string | undefined {
  if (process.getuid?.() !== 0) return "Dovecot switches accounts, so it starts as root only";
  return missing("dovecot");
}

interface Dovecot {
  readonly version: string;
  readonly imapPort: number;
  readonly imapsPort: number;
  stop(): Promise<void>;
}

const PROCESSES = /^(imap|imap-login|imap-hibernate)$/;
/** Opened first, and not counted: what the first sessions need once. */
const WARM = 20;

/** What one idle session costs Dovecot, in octets: what all its processes for IMAP take together, with what they share counted once. */
export async function dovecotSession(
  tls: boolean,
  sessions: number,
  settleMs: number,
  sources: string,
): Promise<{ readonly version: string; readonly bytes: number }> {
  const dovecot = await startDovecot(sessions + WARM);
  const open: IdleClients[] = [];
  try {
    const plan = {
      port: tls ? dovecot.imapsPort : dovecot.imapPort,
      tls,
      from: `${sources}.0`,
      login: { accounts: sessions + WARM, after: "", password: "any" },
    };
    open.push(await openIdleClients({ ...plan, count: WARM, first: sessions }));
    await sleep(settleMs);
    const before = proportionalBytes(PROCESSES).bytes;
    open.push(await openIdleClients({ ...plan, count: sessions }));
    await sleep(settleMs);
    return {
      version: dovecot.version,
      bytes: (proportionalBytes(PROCESSES).bytes - before) / sessions,
    };
  } finally {
    for (const clients of open) await clients.stop();
    await dovecot.stop();
  }
}

/** Debian's Dovecot with a configuration of its own: any password signs in, mailboxes are made on first use. */
async function startDovecot(sessions: number): Promise<Dovecot> {
  const dir = mkdtempSync(join(tmpdir(), "angelia-dovecot-"));
  chmodSync(dir, 0o755);
  const [imapPort = 0, imapsPort = 0] = await freePorts(2);
  const mail = join(dir, "mail");
  mkdirSync(mail);
  runTool("chown", "nobody:nogroup", mail);
  const pems = await generate([{ name: "commonName", value: "localhost" }], { keySize: 2_048 });
  writeFileSync(join(dir, "cert.pem"), pems.cert);
  writeFileSync(join(dir, "key.pem"), pems.private, { mode: 0o600 });
  const lines = [
    `base_dir = ${dir}/dovecot`,
    `state_dir = ${dir}/dovecot-state`,
    `log_path = ${dir}/dovecot.log`,
    "protocols = imap",
    "listen = 127.0.0.1",
    "ssl = yes",
    `ssl_cert = <${dir}/cert.pem`,
    `ssl_key = <${dir}/key.pem`,
    "disable_plaintext_auth = no",
    "mail_location = mdbox:~/mdbox",
    "mail_max_userip_connections = 0",
    `default_process_limit = ${2 * sessions + 100}`,
    `default_client_limit = ${4 * sessions + 1_000}`,
    "passdb {\n driver = static\n args = nopassword=y\n}",
    `userdb {\n driver = static\n args = uid=nobody gid=nogroup home=${mail}/%n allow_all_users=yes\n}`,
    "first_valid_uid = 1",
    "first_valid_gid = 1",
    // Its high-performance mode: few processes for the clients that sign in and for those that speak TLS.
    "service imap-login {",
    ` inet_listener imap {\n  port = ${imapPort}\n }`,
    ` inet_listener imaps {\n  port = ${imapsPort}\n  ssl = yes\n }`,
    " service_count = 0",
    " process_min_avail = 2",
    "}",
    "namespace inbox {\n inbox = yes\n}",
  ];
  const config = join(dir, "dovecot.conf");
  writeFileSync(config, `${lines.join("\n")}\n`);
  const child = spawn("/usr/sbin/dovecot", ["-F", "-c", config], {
    env: plainEnvironment(),
    detached: true, // a process group of its own
    stdio: "ignore",
  });
  child.on("error", () => undefined);
  endsWithUs(child.pid, dir);
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  for (let tries = 0; !(await listens(imapsPort)); tries++) {
    if (tries > 200) {
      const log = readFileSync(join(dir, "dovecot.log"), "utf8").slice(-2_000);
      await stop();
      throw new Error(`Dovecot does not listen:\n${log}`);
    }
    await sleep(50);
  }
  const version = /^(\S+)/.exec(runTool("/usr/sbin/dovecot", "--version"))?.[1] ?? "";
  return { version, imapPort, imapsPort, stop };
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  if (child.exitCode === null && child.signalCode === null && child.kill("SIGTERM"))
    await Promise.race([ended, sleep(10_000, undefined, { ref: false })]);
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // the whole group is gone already
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
