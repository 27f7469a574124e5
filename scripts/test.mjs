// `npm test`: every test; arguments go to vitest. The last line is `N passed, N failed, N skipped`.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildWeb, install, run } from "./bootstrap.mjs";

await install({ dev: true });
await buildWeb();

const args = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), "angelia-results-"));
const results = join(dir, "results.json");
const reporters = args.some((arg) => arg.startsWith("--reporter")) ? [] : ["--reporter=default"];
const vitest = join("node_modules", "vitest", "vitest.mjs");
const { code } = await run(
  [vitest, "run", ...args, ...reporters, "--reporter=json", `--outputFile.json=${results}`],
  "inherit",
);
const { passed, failed, skipped } = count(results);
rmSync(dir, { recursive: true, force: true });
// An error outside of any test counts as one failure more.
const faults = failed === 0 && code !== 0 ? 1 : failed;
process.stdout.write(`${passed} passed, ${faults} failed, ${skipped} skipped\n`);
process.exitCode = code === 0 && faults === 0 ? 0 : 1;

/** Counts the tests in vitest's report; a file that failed before its tests ran is one failure. */
function count(file) {
  let files;
  try {
    files = JSON.parse(readFileSync(file, "utf8")).testResults;
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
  const tests = files.flatMap((entry) => entry.assertionResults);
  const number = (...states) => tests.filter((test) => states.includes(test.status)).length;
  const broken = files.filter(
    (entry) => entry.status === "failed" && !entry.assertionResults.some((test) => test.status === "failed"),
  );
  return {
    passed: number("passed"),
    failed: number("failed") + broken.length,
    skipped: number("pending", "skipped", "todo", "disabled"),
  };
}
