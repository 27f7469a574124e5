import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "./postgres/postmaster-pid.ts";

/** Who keeps a data folder: the system itself, or a command that runs while the system does not. */
export type Holder = "system" | "command";

/** The data folder is in use. */
export class Locked extends Error {
  override readonly name = "Locked";
  readonly pid: number;
  readonly holder: Holder;

  constructor(dataDir: string, pid: number, holder: Holder) {
    super(
      holder === "system"
        ? `Angelia already runs with the data folder ${dataDir} (process ${pid}).`
        : `A command of Angelia works on the data folder ${dataDir} (process ${pid}).`,
    );
    this.pid = pid;
    this.holder = holder;
  }
}

export interface Lock {
  release(): void;
}

/** Takes the data folder for this process. A lock whose process is gone counts as none.
 * @throws {Locked} another process has it */
export function takeLock(dataDir: string, holder: Holder): Lock {
  const path = join(dataDir, "angelia.lock");
  const ours = `${process.pid} ${startOf(process.pid)} ${holder}\n`;
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, ours, { mode: 0o600 });
  try {
    while (!linked(mine, path)) {
      const found = read(path);
      if (found === undefined) continue; // released between the two looks
      const [pid, started, who] = parse(found);
      if (isAlive(pid) && startOf(pid) === started) throw new Locked(dataDir, pid, who);
      removeStale(path, found);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return {
    release: () => {
      if (read(path) === ours) rmSync(path, { force: true });
    },
  };
}

/** Who has the data folder now. */
export function lockHolder(dataDir: string): Holder | undefined {
  const found = read(join(dataDir, "angelia.lock"));
  if (found === undefined) return undefined;
  const [pid, started, who] = parse(found);
  return isAlive(pid) && startOf(pid) === started ? who : undefined;
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

function parse(text: string): readonly [pid: number, started: string, holder: Holder] {
  const [pid = "0", started = "", holder = ""] = text.trim().split(" ");
  return [Number(pid), started, holder === "command" ? "command" : "system"];
}

/** When a process began, in ticks since the machine started: tells a process from a later one with the same id.
 * Field 22 of /proc/<pid>/stat (proc(5)); empty where there is no /proc. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
