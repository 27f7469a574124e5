import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findRunningPostgres } from "../../host/embedded-postgres.ts";
import { isAlive } from "../../host/postgres/postmaster-pid.ts";
import { plainEnvironment, runProgram } from "../support/run-program.ts";

const ROOT = resolve(import.meta.dirname, "../..");
let dir: string;
let project: string;

/** A copy of the project with the packages and the code of this one, and a web UI that is built in no time. */
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "angelia-npm-"));
  chmodSync(dir, 0o711); // as root, another account runs PostgreSQL in it
  project = join(dir, "project");
  mkdirSync(join(project, "web"), { recursive: true });
  for (const name of ["package.json", "package-lock.json", "scripts"])
    cpSync(join(ROOT, name), join(project, name), { recursive: true });
  symlinkSync(join(ROOT, "host"), join(project, "host"));
  // Links in a folder of its own: an installation empties the folder, and would else empty ours.
  mkdirSync(join(project, "node_modules"));
  for (const name of readdirSync(join(ROOT, "node_modules")))
    symlinkSync(join(ROOT, "node_modules", name), join(project, "node_modules", name));
  const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
  manifest.scripts["web:build"] = "mkdir -p web/dist && date +%s%N >web/dist/built";
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(project, "web/index.html"), "<!doctype html>");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const settings = (): Record<string, string> => ({
  ANGELIA_DATA_DIR: join(dir, "data"),
  ANGELIA_HTTP_PORT: "0",
  ANGELIA_ROLES: "edge",
});

interface Started {
  readonly npm: ChildProcess;
  readonly pid: number;
  /** The process of host/start.ts. */
  readonly host: number;
  readonly ended: Promise<number | null>;
  printed(): string;
}

async function npmStart(): Promise<Started> {
  const npm = spawn("npm", ["start"], {
    cwd: project,
    env: { ...plainEnvironment(), ...settings() },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [npm.stdout, npm.stderr]) stream.on("data", (chunk) => (printed += String(chunk)));
  const ended = new Promise<number | null>((done) => npm.once("exit", done));
  while (!/^ready http/m.test(printed)) {
    if (npm.exitCode !== null) throw new Error(printed);
    await sleep(20);
  }
  const [host = "0"] = readFileSync(join(dir, "data/angelia.lock"), "utf8").split(" ");
  return { npm, pid: npm.pid ?? 0, host: Number(host), ended, printed: () => printed };
}

async function untilGone(pid: number, limitMs: number): Promise<boolean> {
  const until = Date.now() + limitMs;
  while (isAlive(pid) && Date.now() < until) await sleep(20);
  return !isAlive(pid);
}

test.each(["SIGTERM", "SIGINT", "SIGKILL"] as const)("%s to npm alone ends all of it", async (signal) => {
  const started = await npmStart();
  expect(isAlive(started.host)).toBe(true);
  process.kill(started.pid, signal);
  await started.ended;
  expect(await untilGone(started.host, 15_000)).toBe(true);
  expect(findRunningPostgres(join(dir, "data"))).toBeUndefined();
});

test("Ctrl-C, which all processes of the terminal get at once, ends it in order", async () => {
  const started = await npmStart();
  process.kill(-started.pid, "SIGINT");
  await started.ended;
  expect(await untilGone(started.host, 15_000)).toBe(true);
  expect(findRunningPostgres(join(dir, "data"))).toBeUndefined();
  expect(readFileSync(join(dir, "data/postgres.log"), "utf8")).toContain("database system is shut down");
});

test("kill -9 of the middle process ends the host too", async () => {
  const started = await npmStart();
  const stat = readFileSync(`/proc/${started.host}/stat`, "utf8");
  const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]); // proc(5): state, then the parent
  process.kill(parent, "SIGKILL");
  await started.ended;
  expect(await untilGone(started.host, 15_000)).toBe(true);
});

/** Starts it, ends it again. @returns what it printed */
async function startOnce(): Promise<string> {
  const started = await npmStart();
  process.kill(started.pid, "SIGTERM");
  await started.ended;
  await untilGone(started.host, 15_000);
  return started.printed();
}

test("the web UI is built when its sources change, and only then", async () => {
  const built = (): string => readFileSync(join(project, "web/dist/built"), "utf8");
  expect(await startOnce()).toContain("Building the web UI");
  const first = built();
  expect(await startOnce()).not.toContain("Building the web UI");
  expect(built()).toBe(first);
  writeFileSync(join(project, "web/index.html"), "<!doctype html><p>changed");
  expect(await startOnce()).toContain("Building the web UI");
  expect(built()).not.toBe(first);
  rmSync(join(project, "web/index.html"));
  expect(await startOnce()).toContain("There is no web UI in this copy");
});

test("a web UI that can't be built, or packages that can't be installed: one message, exit code 1", async () => {
  const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
  manifest.scripts["web:build"] = "echo cause of it; exit 3";
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  const failed = await runProgram("npm", ["start"], { cwd: project, env: settings() });
  expect(failed.code).toBe(1);
  expect(failed.text).toContain("cause of it\nThe web UI could not be built.");

  rmSync(join(project, "node_modules"), { recursive: true });
  writeFileSync(join(project, "package-lock.json"), '{"lockfileVersion":3,"packages":{}}');
  const offline = { ...settings(), npm_config_offline: "true" };
  const broken = await runProgram("npm", ["start"], { cwd: project, env: offline });
  expect(broken.code).toBe(1);
  expect(broken.text).toContain("npm could not install the packages.");
});
