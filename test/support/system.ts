import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, readPostmasterPid } from "../../host/postgres/postmaster-pid.ts";
import type { PortName } from "../../host/settings.ts";
import { freePorts } from "./free-ports.ts";
import { plainEnvironment, runProgram } from "./run-program.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const NODE = join(ROOT, "node_modules/.bin/node");
const STOP_MS = 20_000;

interface SystemOptions {
  /** More settings, or others in place of ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long a start may take. */
  readonly readyMs?: number;
}

/** The product as an operator has it: processes of its own, real ports, a data folder. */
export interface System extends AsyncDisposable {
  readonly webUrl: string;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly dataDir: string;
  /** The ANGELIA_* settings, for a second process beside it. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs `angelia <args> --json`. @returns what it prints @throws {Error} with its words when it fails */
  cli(...args: readonly string[]): Promise<unknown>;
  /** Process id of the launcher, or of the last one when it does not run. */
  pid(): number;
  /** SIGKILLs the launcher and its workers; PostgreSQL lives on until the next start takes it over. */
  kill9(): Promise<void>;
  /** Starts it again with the same data and ports (after `kill9`, or ends it in order first), until it is ready. */
  restart(): Promise<void>;
  /** SIGKILLs PostgreSQL. @returns false when there was none to kill */
  killPostgres(): boolean;
  /** All that it printed, and its own log file. */
  log(): string;
  /** Ends it in order, and removes its data. */
  stop(): Promise<void>;
}

/** Starts the whole product with an empty data folder. Nothing of it outlives the test run, however that ends. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const dir = mkdtempSync(join(tmpdir(), "angelia-system-"));
  chmodSync(dir, 0o711); // as root, another account runs PostgreSQL in it
  const dataDir = join(dir, "data");
  mkdirSync(dataDir, { mode: 0o711 });
  const ports = await choosePorts();
  const env: Record<string, string> = {
    ANGELIA_DATA_DIR: dataDir,
    ANGELIA_HOSTED_DOMAIN: "agencies.test",
    ANGELIA_HTTP_PORT: String(ports.http),
    ANGELIA_MX_PORT: String(ports.mx),
    ANGELIA_SUBMISSION_PORT: String(ports.submission),
    ANGELIA_SUBMISSIONS_PORT: String(ports.submissions),
    ANGELIA_IMAP_PORT: String(ports.imap),
    ANGELIA_IMAPS_PORT: String(ports.imaps),
    ANGELIA_POP3_PORT: String(ports.pop3),
    ANGELIA_POP3S_PORT: String(ports.pop3s),
    ANGELIA_SIEVE_PORT: String(ports.sieve),
    // What this machine has running by chance is none of a test's business.
    ANGELIA_RSPAMD_URL: "off",
    ANGELIA_CLAMD: "off",
    ...options.env,
  };
  const output = join(dir, "output.txt");
  writeFileSync(output, "");
  const guard = guardAgainstOurDeath(dir);
  const log = (): string => readFileSync(output, "utf8") + readIfThere(join(dataDir, "angelia.log"));

  let child: ChildProcess | undefined;
  let pid = 0;
  let webUrl = "";
  const start = async (): Promise<void> => {
    const from = readFileSync(output, "utf8").length;
    const file = openSync(output, "a");
    child = spawn(NODE, [join(ROOT, "host/start.ts")], {
      cwd: ROOT,
      env: productEnvironment(env),
      detached: true, // a process group of its own, which can be killed whole
      stdio: ["ignore", file, file],
    });
    closeSync(file);
    const started = child;
    pid = started.pid ?? 0;
    writeFileSync(join(dir, "host.pid"), String(pid));
    const until = Date.now() + (options.readyMs ?? 60_000);
    for (;;) {
      const ready = /^ready (\S+)$/m.exec(readFileSync(output, "utf8").slice(from));
      if (ready !== null) {
        webUrl = ready[1] ?? "";
        return;
      }
      if (hasEnded(started)) throw new Error(`Angelia ended before it was ready:\n${log().slice(-4_000)}`);
      if (Date.now() > until) throw new Error(`Angelia was not ready in time:\n${log().slice(-4_000)}`);
      await sleep(15);
    }
  };
  const kill9 = async (): Promise<void> => {
    if (child === undefined) return;
    if (!hasEnded(child)) killGroup(pid);
    await ended(child);
  };
  const end = async (): Promise<void> => {
    if (child === undefined) return;
    if (!hasEnded(child)) child.kill("SIGTERM");
    const inTime = await Promise.race([ended(child).then(() => true), sleep(STOP_MS, false, { ref: false })]);
    if (!inTime) await kill9();
  };
  const postmaster = (): number | undefined => {
    const found = readPostmasterPid(clusterOf(dataDir))?.pid;
    return found !== undefined && isAlive(found) ? found : undefined;
  };
  const cleanUp = async (): Promise<void> => {
    await end();
    const left = postmaster();
    if (left !== undefined) {
      process.kill(left, "SIGQUIT");
      while (isAlive(left)) await sleep(20);
    }
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    guard.kill();
  };

  try {
    await start();
  } catch (error) {
    await cleanUp();
    throw error;
  }
  return {
    get webUrl() {
      return webUrl;
    },
    ports,
    dataDir,
    env,
    cli: async (...args) => {
      const run = await runProgram(NODE, [join(ROOT, "host/cli.ts"), ...args, "--json"], {
        cwd: ROOT,
        env,
        timeoutMs: 120_000,
      });
      if (run.code !== 0) throw new Error(`angelia ${args.join(" ")}: ${run.text}`);
      return JSON.parse(run.stdout.toString());
    },
    pid: () => pid,
    kill9,
    restart: async () => {
      await end();
      await start();
    },
    killPostgres: () => {
      const found = postmaster();
      if (found !== undefined) process.kill(found, "SIGKILL");
      return found !== undefined;
    },
    log,
    stop: cleanUp,
    [Symbol.asyncDispose]: cleanUp,
  };
}

function productEnvironment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const plain = plainEnvironment();
  return {
    ...plain,
    PATH: `${join(ROOT, "node_modules/.bin")}:${plain["PATH"] ?? ""}`,
    NODE_COMPILE_CACHE: join(ROOT, "node_modules/.cache/compile"), // as scripts/bootstrap.mjs does
    ...settings,
  };
}

async function choosePorts(): Promise<Readonly<Record<PortName, number>>> {
  const [
    http = 0,
    mx = 0,
    submission = 0,
    submissions = 0,
    imap = 0,
    imaps = 0,
    pop3 = 0,
    pop3s = 0,
    sieve = 0,
  ] = await freePorts(9);
  return { http, mx, submission, submissions, imap, imaps, pop3, pop3s, sieve };
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

function ended(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return Promise.resolve();
  return new Promise((done) => child.once("exit", () => done()));
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Where PostgreSQL keeps this system's data: `postgres.json` says so once it was made. */
function clusterOf(dataDir: string): string {
  const text = readIfThere(join(dataDir, "postgres.json"));
  const cluster: unknown = text === "" ? "postgres" : JSON.parse(text).cluster;
  return resolve(dataDir, typeof cluster === "string" ? cluster : "postgres");
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** When the test run is killed, its pipe to this shell closes; the shell then ends what runs and removes its files. */
function guardAgainstOurDeath(dir: string): { kill(): unknown } {
  const script = [
    "cat >/dev/null",
    'kill -s KILL -- "-$(cat "$0/host.pid")"',
    'postgres=$(head -n 1 "$0/data/postgres/postmaster.pid") && kill -s QUIT "$postgres" && sleep 2',
    'rm -rf "$0"',
  ].join("; ");
  const guard = spawn("/bin/sh", ["-c", script, dir], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  return guard;
}
