// `npm test`: every test; arguments go to vitest. The last line is `N passed, N failed, N skipped`.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildWeb, install, run, say } from "./bootstrap.mjs";

await install({ dev: true });
await buildWeb();

const args = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), "angelia-summary-"));
process.env.SUMMARY_FILE = join(dir, "summary.json");
const own = ["--reporter=./scripts/summary-reporter.mjs"];
const shown = args.some((arg) => arg.startsWith("--reporter")) ? [] : ["--reporter=default"];
const { code, signal } = await run(
  ["node_modules/vitest/vitest.mjs", "run", ...args, ...shown, ...own],
  "inherit",
);
const { passed, failed, skipped, reasons } = readSummary();
rmSync(dir, { recursive: true, force: true });

for (const reason of reasons) say(reason);
// Whatever else made vitest fail (a wrong argument, a crash) is a failure too.
const faults = failed === 0 && code !== 0 ? 1 : failed;
process.stdout.write(`${passed} passed, ${faults} failed, ${skipped} skipped\n`);
if (signal !== null) process.kill(process.pid, signal);
process.exitCode = faults === 0 ? 0 : 1;

function readSummary() {
  try {
    return JSON.parse(readFileSync(process.env.SUMMARY_FILE, "utf8"));
  } catch {
    return { passed: 0, failed: 0, skipped: 0, reasons: [] };
  }
}
