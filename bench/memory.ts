import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What a process keeps in memory, in octets (VmRSS). */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes ?? 0) * 1_024;
}

export interface Share {
  readonly processes: number;
  readonly bytes: number;
}

/** What processes take together, in octets: memory that several share counts once (PSS, proportional set size).
 * @param name as the kernel knows the program   @param dir only those that work in this folder */
export function proportionalBytes(name: RegExp, dir?: string): Share {
  let [processes, kilobytes] = [0, 0];
  for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      if (!name.test(readFileSync(`/proc/${pid}/comm`, "utf8").trim())) continue;
      if (dir !== undefined && !readlinkSync(`/proc/${pid}/cwd`).startsWith(dir)) continue;
      kilobytes += Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]);
      processes++;
    } catch {
      // It has just ended.
    }
  }
  return { processes, bytes: kilobytes * 1_024 };
}

export const inKilobytes = (bytes: number): string => `${(bytes / 1_024).toFixed(1)} KB`;
export const inMegabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(0)} MB`;
