import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem, tmpdir } from "node:os";
import { join } from "node:path";

/** One line about the machine: figures mean nothing without it. */
export function describeMachine(): string {
  const model = cpus()[0]?.model ?? "unknown processor";
  const memory = `${(totalmem() / 1e9).toFixed(0)} GB`;
  const load = loadavg()[0]?.toFixed(1);
  return `${availableParallelism()} x ${model}, ${memory}, ${syncsPerSecond()} fdatasync/s of 4 KB, load ${load} before, Node ${process.versions.node}`;
}

/** How often a second the disk under the temporary folder, where both systems keep their data, takes 4 KB for good. */
function syncsPerSecond(): number {
  const dir = mkdtempSync(join(tmpdir(), "angelia-disk-"));
  const file = openSync(join(dir, "probe"), "w");
  const block = Buffer.alloc(4_096, 1);
  const until = performance.now() + 500;
  let count = 0;
  while (performance.now() < until) {
    writeSync(file, block);
    fdatasyncSync(file);
    count++;
  }
  closeSync(file);
  rmSync(dir, { recursive: true, force: true });
  return count * 2;
}
