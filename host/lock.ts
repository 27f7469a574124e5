import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "./postgres/postmaster-pid.ts";

/** Who keeps a data folder: the system itself, or a command that runs while the system does not. */
export type Holder = "system" | "command";

/** The data folder is in use. */
export class Locked extends Error {
  override readonly name = "Locked";
  readonly holder: Holder;
  /** The holder has said that its database can be used. */
  readonly ready: boolean;

  constructor(dataDir: string, { pid, holder, ready }: Content) {
    super(
      holder === "system"
        ? `Angelia already runs with the data folder ${dataDir} (process ${pid}).`
        : `A command of Angelia works on the data folder ${dataDir} (process ${pid}).`,
    );
    this.holder = holder;
    this.ready = ready;
  }
}

export interface Lock {
  /** Tells others that the database can be used now. */
  announceReady(): void;
  release(): void;
}

/** The one line of the lock file. */
interface Content {
  readonly pid: number;
  /** See `startOf`. */
  readonly started: string;
  readonly holder: Holder;
  readonly ready: boolean;
}

/** Takes the data folder for this process. A lock whose process is gone counts as none.
 * @throws {Locked} another process has it */
export function takeLock(dataDir: string, holder: Holder): Lock {
  const path = join(dataDir, "angelia.lock");
  const line = (state: string): string => `${process.pid} ${startOf(process.pid)} ${holder} ${state}\n`;
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, line("starting"), { mode: 0o600 });
  try {
    while (!linked(mine, path)) {
      const found = read(path);
      if (found === undefined) continue; // released between the two looks
      const content = parse(found);
      if (isAlive(content.pid) && startOf(content.pid) === content.started)
        throw new Locked(dataDir, content);
      removeStale(path, found);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return {
    announceReady: () => {
      writeFileSync(mine, line("ready"), { mode: 0o600 });
      renameSync(mine, path);
    },
    release: () => {
      if (parse(read(path) ?? "").pid === process.pid) rmSync(path, { force: true });
    },
  };
}

/** Two processes may both see the stale lock. Each moves away what it finds; the one that moved a new lock puts it back. */
function removeStale(path: string, stale: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // the other was first
  }
  if (read(aside) !== stale) linked(aside, path);
  rmSync(aside, { force: true });
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function parse(text: string): Content {
  const [pid = "0", started = "", holder = "", state = ""] = text.trim().split(" ");
  return {
    pid: Number(pid),
    started,
    holder: holder === "command" ? "command" : "system",
    ready: state === "ready",
  };
}

/** When a process began, in ticks since the machine started: tells a process from a later one with the same id.
 * Field 22 of /proc/<pid>/stat (proc(5)); empty where there is no /proc. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
