import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../support/run-program.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** Takes a lot of memory as sign-ins do, lets go of it, and rests until it is given back or a minute is over. */
const PROGRAM = `
import { giveBackMemory, tuneGarbageCollection } from ${JSON.stringify(join(ROOT, "host/garbage-collection.ts"))};
tuneGarbageCollection();
const end = giveBackMemory();
const rss = () => process.memoryUsage.rss() / 1e6;
let held = [];
for (let i = 0; i < 1_500_000; i++) held.push({ i, text: "x".repeat(20) + i, list: [i, i] });
const peak = rss();
held = [];
const keep = setInterval(() => undefined, 1_000);
const until = Date.now() + 60_000;
while (rss() > peak - 100 && Date.now() < until) await new Promise((done) => setTimeout(done, 200));
process.stdout.write(JSON.stringify({ peak, left: rss() }));
clearInterval(keep);
end();
`;

test("a process that has grown gives memory back when it is quiet", async () => {
  const node = join(ROOT, "node_modules/.bin/node");
  const run = await runProgram(node, ["--input-type=module", "-e", PROGRAM], { timeoutMs: 90_000 });
  expect(run.text).toMatch(/^exit code 0\n/);
  const { peak, left } = JSON.parse(run.stdout.toString());
  expect(peak).toBeGreaterThan(150);
  expect(left).toBeLessThan(peak - 100);
});
