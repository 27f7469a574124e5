import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";

/** What PostgreSQL writes about itself into its data directory. */
export interface PostmasterPid {
  readonly pid: number;
  readonly port: number;
  /** `starting`, `ready`, `stopping` or `standby`; empty for a moment at the very start. */
  readonly state: string;
}

/** Reads `postmaster.pid`: line 1 is the process id, 4 the port, 8 the state
 * (https://www.postgresql.org/docs/18/storage-file-layout.html, src/include/utils/pidfile.h). */
export function readPostmasterPid(clusterDir: string): PostmasterPid | undefined {
  let text: string;
  try {
    text = readFileSync(join(clusterDir, "postmaster.pid"), "utf8");
  } catch {
    return undefined;
  }
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), state: (lines[7] ?? "").trim() };
}

/** True while a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false; // 0 would ask about our own process group
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** True while the process is the postmaster of this very cluster. After a restart of the machine or container the id may
 * belong to any other program, so its owner and command line are looked at. */
export function isPostmasterOf(pid: number, clusterDir: string): boolean {
  if (!isAlive(pid)) return false;
  try {
    if (process.platform === "linux") {
      const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return statSync(`/proc/${pid}`).uid === statSync(clusterDir).uid && args.includes(clusterDir);
    }
    return execFileSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" }).includes(clusterDir);
  } catch {
    return isAlive(pid); // it ended while we looked, or we may not look
  }
}

/** False when the process runs another program, or an older copy that an update replaced. True when it can't be told. */
export function runsProgram(pid: number, program: string): boolean {
  try {
    return process.platform !== "linux" || readlinkSync(`/proc/${pid}/exe`) === realpathSync(program);
  } catch {
    return true;
  }
}

/** The server processes that a killed postmaster left behind and that still hold its shared memory.
 * Told by their title and working directory; found on Linux only, elsewhere they end by themselves. */
export function orphansOf(clusterDir: string): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          readlinkSync(`/proc/${pid}/cwd`) === clusterDir &&
          readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("postgres: ")
        );
      } catch {
        return false;
      }
    });
}
