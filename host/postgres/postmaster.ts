import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../src/kernel/ports.ts";
import { type RunAs, spawnOptions } from "./account.ts";
import {
  isAlive,
  isPostmasterOf,
  orphansOf,
  type PostmasterPid,
  readPostmasterPid,
} from "./postmaster-pid.ts";

const POLL_MS = 20;
/** How long what a killed postmaster left behind may hold its shared memory before it is ended. */
const ORPHANS_GRACE_MS = 3_000;
const LOG_LIMIT_BYTES = 10e6;
/** Below the range that the kernel takes for outgoing connections (from 32768 on): while PostgreSQL is away, a client
 * that tries again and again could else get this very port as its own, and be connected to itself. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;

export interface PostmasterOptions {
  /** Path of the program `postgres`. */
  readonly program: string;
  readonly clusterDir: string;
  readonly runAs: RunAs | undefined;
  /** File that it appends its log to. */
  readonly logFile: string;
  readonly log: Log;
}

/** A start that failed because something else listens on the port. */
export class PortTaken extends Error {
  override readonly name = "PortTaken";
}

/** The postmaster that serves this cluster already, ready or on its way. */
export function livePostmaster(clusterDir: string): PostmasterPid | undefined {
  const found = readPostmasterPid(clusterDir);
  return found !== undefined && isPostmasterOf(found.pid, clusterDir) ? found : undefined;
}

/** Starts a postmaster and waits until it takes connections, however long its recovery takes.
 * It is in a session of its own, so that Ctrl-C reaches us first and we stop it in order.
 * @returns its process id   @throws {PortTaken}   @throws {Error} with PostgreSQL's own last words */
export async function startPostmaster(options: PostmasterOptions, port: number): Promise<number> {
  const { clusterDir } = options;
  const stale = readPostmasterPid(clusterDir);
  // PostgreSQL takes any living process with this id for a postmaster and gives up; here it is known to be none.
  if (stale !== undefined && !isPostmasterOf(stale.pid, clusterDir))
    rmSync(join(clusterDir, "postmaster.pid"), { force: true });

  const began = Date.now();
  for (let attempt = 1; ; attempt++) {
    const result = await tryStart(options, port);
    if (typeof result === "number") return result;
    if (/could not bind|could not create any TCP/.test(result.words))
      throw new PortTaken(`port ${port} is taken`);
    // A killed postmaster's children see its death within moments, but one may be in the middle of a long step.
    const held = /shared memory block .* is still in use|lock file .* already exists/s.test(result.words);
    if (!held || Date.now() - began > 60_000) throw new Error(`PostgreSQL did not start: ${result.words}`);
    if (attempt === 1)
      options.log.warn("postgres_waits_for_orphans", { orphans: orphansOf(clusterDir).length });
    if (Date.now() - began > ORPHANS_GRACE_MS) endOrphans(clusterDir);
    await sleep(200);
  }
}

async function tryStart(
  options: PostmasterOptions,
  port: number,
): Promise<number | { readonly words: string }> {
  const { program, clusterDir, runAs, log } = options;
  const output = openLog(options.logFile);
  const from = fstatSync(output).size;
  try {
    const child = spawn(program, ["-D", clusterDir, "-p", String(port)], {
      ...spawnOptions(runAs),
      detached: true,
      stdio: ["ignore", output, output],
    });
    let ended: string | undefined;
    child.once("error", (error) => (ended = error.message));
    child.once("exit", (code, signal) => (ended = `ended with ${signal ?? code}`));
    child.unref();
    const began = Date.now();
    let told = false;
    for (;;) {
      if (ended !== undefined) return { words: readFrom(options.logFile, from) || ended };
      const found = readPostmasterPid(clusterDir);
      if (found !== undefined && found.pid === child.pid && found.state === "ready") return found.pid;
      if (!told && Date.now() - began > 5_000) {
        log.info("postgres_recovers", { clusterDir });
        told = true;
      }
      await sleep(POLL_MS);
    }
  } finally {
    closeSync(output);
  }
}

/** Waits until a postmaster that lives already takes connections.
 * @returns false when it ended or stops instead */
export async function untilReady(clusterDir: string, pid: number): Promise<boolean> {
  for (;;) {
    const found = readPostmasterPid(clusterDir);
    if (found?.pid !== pid || found.state === "stopping" || !isAlive(pid)) return false;
    if (found.state === "ready") return true;
    await sleep(POLL_MS);
  }
}

/** Stops a postmaster: open transactions are rolled back and a checkpoint is written ("fast"). When that takes too long
 * it is told to drop everything ("immediate"), which loses no commit: the next start replays its log. */
export async function stopPostmaster(pid: number): Promise<void> {
  const steps = [
    { signal: "SIGINT", patienceMs: 8_000 },
    { signal: "SIGQUIT", patienceMs: 6_000 },
    { signal: "SIGKILL", patienceMs: 2_000 },
  ] as const;
  for (const { signal, patienceMs } of steps) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const until = Date.now() + patienceMs;
    while (Date.now() < until) {
      if (!isAlive(pid)) return;
      await sleep(POLL_MS);
    }
  }
}

/** A port of loopback that is free now; `preferred` if it is. */
export async function freePort(preferred: number): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = tries === 0 && preferred !== 0 ? preferred : randomInt(FIRST_PORT, LAST_PORT);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error("there is no free port on 127.0.0.1");
}

function endOrphans(clusterDir: string): void {
  for (const pid of orphansOf(clusterDir)) {
    try {
      process.kill(pid, "SIGKILL"); // safe: the postmaster is dead, and what was committed is in its log
    } catch {
      // it ended by itself meanwhile
    }
  }
}

function openLog(file: string): number {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, "a+", 0o600);
}

/** The FATAL lines that were added since `from`, or all of it when there is none; at most 2,000 octets. */
function readFrom(file: string, from: number): string {
  const input = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(64 * 1024);
    const text = buffer.toString("utf8", 0, readSync(input, buffer, 0, buffer.length, from)).trim();
    const fatal = text.split("\n").filter((line) => /\b(FATAL|PANIC|ERROR): /.test(line));
    return (fatal.length > 0 ? fatal.join("; ") : text).slice(0, 2_000);
  } finally {
    closeSync(input);
  }
}
