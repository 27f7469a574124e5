import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Clock ticks a second, on every Linux that matters. */
const TICKS = 100;

/** Processor time that processes have used so far, theirs and that of their children which have ended, in milliseconds: unlike messages a
 * second it hardly depends on what else the machine does.
 * @param dir those who work in this folder   @param pid and this one */
export function cpuTimeMs(dir: string, pid = 0): number {
  let ticks = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (Number(name) !== pid && !readlinkSync(`/proc/${name}/cwd`).startsWith(dir)) continue;
      // After the name in brackets: utime, stime, cutime, cstime are the 12th to the 15th.
      const fields = readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
      for (const at of [11, 12, 13, 14]) ticks += Number(fields[at] ?? 0);
    } catch {
      // It has just ended.
    }
  }
  return (ticks * 1_000) / TICKS;
}
