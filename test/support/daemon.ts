import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { plainEnvironment } from "./run-program.ts";

interface DaemonOptions {
  /** Its own folder, which goes with it. */
  readonly dir: string;
  readonly program: string;
  /** It must stay in the foreground. */
  readonly args: readonly string[];
  /** Is it serving? Throwing means no. */
  readonly isReady: () => Promise<boolean>;
  readonly readyMs?: number;
}

/** A server of somebody else, in a process group of its own. */
export interface Daemon extends AsyncDisposable {
  /** SIGKILLs it with all that it has started. */
  kill9(): Promise<void>;
  /** Stops it for a while (SIGSTOP): it takes connections and answers nothing. */
  freeze(): void;
  thaw(): void;
  /** Starts it again after `kill9`. */
  restart(): Promise<void>;
  log(): string;
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Starts a server and waits until it serves. Nothing of it outlives the test run, however that ends. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { dir, program, args, isReady, readyMs = 60_000 } = options;
  const output = join(dir, "output.txt");
  const pidFile = join(dir, "daemon.pid");
  const log = (): string => readFileSync(output, "utf8").slice(-4_000);
  let child: ChildProcess | undefined;
  // When the test run dies, its pipe to this shell closes.
  const guard = spawn(
    "/bin/sh",
    ["-c", 'cat >/dev/null; kill -s KILL -- "-$(cat "$0")"; rm -rf "$1"', pidFile, dir],
    { detached: true, stdio: ["pipe", "ignore", "ignore"] },
  );
  guard.unref();

  const start = async (): Promise<void> => {
    const file = openSync(output, "a");
    const started = spawn(program, args, {
      cwd: dir,
      env: { ...plainEnvironment(), PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin` },
      detached: true,
      stdio: ["ignore", file, file],
    });
    closeSync(file);
    child = started;
    started.on("error", () => undefined); // told below, as one that has ended
    writeFileSync(pidFile, String(started.pid ?? ""));
    for (const until = Date.now() + readyMs; !(await isReady().catch(() => false));) {
      if (hasEnded(started) || started.pid === undefined)
        throw new Error(`${program} ended before it was ready:\n${log()}`);
      if (Date.now() > until) throw new Error(`${program} was not ready in time:\n${log()}`);
      await sleep(50);
    }
  };
  const signal = (name: NodeJS.Signals): void => {
    const pid = child?.pid;
    if (pid !== undefined && child !== undefined && !hasEnded(child)) process.kill(-pid, name);
  };
  const kill9 = async (): Promise<void> => {
    const running = child;
    if (running === undefined || hasEnded(running) || running.pid === undefined) return;
    const ended = new Promise((done) => running.once("exit", done));
    signal("SIGKILL");
    await ended;
  };
  const cleanUp = async (): Promise<void> => {
    await kill9();
    guard.kill();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };

  try {
    await start();
  } catch (error) {
    await cleanUp();
    throw error;
  }
  return {
    kill9,
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    restart: async () => {
      await kill9();
      await start();
    },
    log,
    [Symbol.asyncDispose]: cleanUp,
  };
}
