import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Locked, takeLock } from "../../host/lock.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const NODE = join(ROOT, "node_modules/.bin/node");
let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "angelia-lock-"))));
afterEach(() => rmSync(dir, { recursive: true }));

function refusal(work: () => unknown): Locked | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof Locked) return error;
    throw error;
  }
  return undefined;
}

test("a lock is for one, says who has it, and can be had again when it was released", () => {
  const lock = takeLock(dir, "system");
  expect(() => takeLock(dir, "command")).toThrow(new RegExp(`already runs .*process ${process.pid}`));
  lock.announceReady();
  expect(refusal(() => takeLock(dir, "command"))).toMatchObject({ holder: "system", ready: true });
  lock.release();
  takeLock(dir, "command").release();
  expect(readdirSync(dir)).toEqual([]);
});

test("a lock whose process is gone counts as none, also when its id is used again", () => {
  const other = spawn("/bin/true");
  const dead = other.pid ?? 0;
  for (const line of [`${dead} 1 system ready\n`, `${process.pid} 1 system ready\n`, "", "nonsense"]) {
    writeFileSync(join(dir, "angelia.lock"), line);
    const [pid] = line.split(" ");
    if (pid === String(dead)) other.kill("SIGKILL");
    takeLock(dir, "system").release();
  }
  expect(existsSync(join(dir, "angelia.lock"))).toBe(false);
});

test("of many processes that find a stale lock at once, one gets it", async () => {
  const script = `import { takeLock } from ${JSON.stringify(join(ROOT, "host/lock.ts"))};
    process.stdin.once("data", () => {
      try { takeLock(process.argv[1], "system"); process.stdout.write("taken\\n"); }
      catch (error) { process.stdout.write(error.name + "\\n"); }
    });
    process.stdin.once("end", () => process.exit(0));
    process.stdout.write("ready\\n");`;
  for (let round = 0; round < 5; round++) {
    writeFileSync(join(dir, "angelia.lock"), "999999999 1 system ready\n");
    const racers = Array.from({ length: 6 }, () => {
      const child = spawn(NODE, ["--input-type=module-typescript", "-e", script, dir]);
      const lines = child.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false });
      return { child, next: async (): Promise<string> => String((await lines.next()).value).trim() };
    });
    for (const racer of racers) expect(await racer.next()).toBe("ready");
    for (const { child } of racers) child.stdin.write("go\n");
    const results = await Promise.all(racers.map((racer) => racer.next()));
    expect(results.toSorted()).toEqual(["Locked", "Locked", "Locked", "Locked", "Locked", "taken"]);
    const exits = racers.map(({ child }) => new Promise((done) => child.once("exit", done)));
    for (const { child } of racers) child.stdin.end();
    await Promise.all(exits);
  }
});
