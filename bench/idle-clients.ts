import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { IdlePlan, IdleReport } from "./load/idle-plan.ts";

/** A process may open 20,000 files, and there must be room for others. */
const PER_PROCESS = 7_500;

export interface IdleClients {
  readonly openedPerSecond: number;
  /** When `session` was told of a new message since the last call; the first time counts. */
  takeWoken(): ReadonlyMap<number, number>;
  /** Sessions that the server ended, and the last that it said. */
  readonly closed: ReadonlyMap<number, string>;
  /** Cuts all connections. */
  stop(): Promise<void>;
}

export interface IdleClientsPlan extends Omit<IdlePlan, "from" | "first" | "atOnce"> {
  readonly first?: number;
  /** The first of our addresses, `127.0.1.16`; each process of clients takes the next two. */
  readonly from: string;
}

/** Opens sessions in as many processes as it takes; resolves when all idle.
 * @throws {Error} one could not */
export async function openIdleClients(plan: IdleClientsPlan): Promise<IdleClients> {
  const { from: network, first: begin = 0, ...rest } = plan;
  const children: ChildProcess[] = [];
  let woken = new Map<number, number>();
  const closed = new Map<number, string>();
  let isStopping = false;
  const opened: Promise<void>[] = [];
  const began = performance.now();
  const processes = Math.ceil(plan.count / PER_PROCESS);
  for (let i = 0; i < processes; i++) {
    const first = begin + Math.floor((i * plan.count) / processes);
    const count = begin + Math.floor(((i + 1) * plan.count) / processes) - first;
    // Two addresses a process: 28,000 ports each are far more than it opens.
    const from = [1, 2].map((n) => nthAfter(network, 2 * i + n));
    const whole: IdlePlan = { ...rest, first, count, from, atOnce: Math.ceil(40 / processes) };
    const child = fork(join(import.meta.dirname, "load/idle-clients.ts"), [JSON.stringify(whole)], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    children.push(child);
    const done = Promise.withResolvers<void>();
    opened.push(done.promise);
    child.on("message", (report: IdleReport) => {
      if (report.kind === "opened") done.resolve();
      if (report.kind === "failed") done.reject(new Error(report.why));
      if (report.kind === "exists" && !woken.has(report.session)) woken.set(report.session, report.atMs);
      if (report.kind === "closed" && !isStopping) closed.set(report.session, report.lastLine);
    });
    child.once("exit", () => done.reject(new Error("a process of clients ended")));
  }
  const stop = async (): Promise<void> => {
    isStopping = true;
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const exited = once(child, "exit");
        child.disconnect();
        await Promise.race([exited, sleep(10_000).then(() => child.kill("SIGKILL"))]);
      }),
    );
  };
  try {
    await Promise.all(opened);
  } catch (error) {
    for (const one of opened) one.catch(() => undefined);
    await stop();
    throw error;
  }
  return {
    openedPerSecond: (plan.count / (performance.now() - began)) * 1_000,
    takeWoken: () => {
      const taken = woken;
      woken = new Map();
      return taken;
    },
    closed,
    stop,
  };
}

/** `127.0.1.16` and 3 give `127.0.1.19`. */
function nthAfter(address: string, n: number): string {
  const octets = address.split(".").map(Number);
  return [...octets.slice(0, 3), (octets[3] ?? 0) + n].join(".");
}

/** The clients of several servers as one. */
export function joinClients(all: readonly IdleClients[]): IdleClients {
  return {
    openedPerSecond: all.reduce((sum, one) => sum + one.openedPerSecond, 0),
    takeWoken: () => new Map(all.flatMap((one) => [...one.takeWoken()])),
    get closed() {
      return new Map(all.flatMap((one) => [...one.closed]));
    },
    stop: async () => void (await Promise.all(all.map((one) => one.stop()))),
  };
}
