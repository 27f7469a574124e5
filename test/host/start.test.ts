import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { findRunningPostgres } from "../../host/embedded-postgres.ts";
import { isAlive, readPostmasterPid } from "../../host/postgres/postmaster-pid.ts";
import { type Finished, runProgram } from "../support/run-program.ts";
import { startSystem, type System } from "../support/system.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const NODE = join(ROOT, "node_modules/.bin/node");
const dirs: string[] = [];
afterEach(() => dirs.splice(0).forEach((dir) => rmSync(dir, { recursive: true, force: true })));

function newDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "angelia-start-"));
  dirs.push(dir);
  return dir;
}

/** Runs `host/start.ts` to its end: for starts that must fail. */
const startAndFail = (env: Readonly<Record<string, string>>): Promise<Finished> =>
  runProgram(NODE, [join(ROOT, "host/start.ts")], { env, timeoutMs: 30_000 });

function postmasterOf(system: System): number {
  const found = readPostmasterPid(join(system.dataDir, "postgres"));
  if (found === undefined) throw new Error("no postmaster");
  return found.pid;
}

async function isReady(system: System): Promise<boolean> {
  const answer = await fetch(`${system.webUrl}/readyz`).catch(() => undefined);
  return answer?.status === 200;
}

/** One that runs all the time, for tests that only look. */
let shared: System;
beforeAll(async () => void (shared = await startSystem()));
afterAll(() => shared.stop());

/** A row that says whether the data survived. */
async function remember(system: System): Promise<void> {
  const sql = postgres(ownerUrl(system), { max: 1, onnotice: () => undefined });
  await sql`create table if not exists remembered (n int)`;
  await sql`insert into remembered values (1)`;
  await sql.end();
}

async function remembered(system: System): Promise<number> {
  const sql = postgres(ownerUrl(system), { max: 1 });
  const rows = await sql`select n from remembered`;
  await sql.end();
  return rows.length;
}

function ownerUrl(system: System): string {
  const found = findRunningPostgres(system.dataDir);
  if (found === undefined) throw new Error("PostgreSQL does not run");
  return found.ownerUrl;
}

test("the console ends with the ready line, and says what is off", async () => {
  const printed = shared.log().split("\n{")[0] ?? "";
  const lines = printed.trimEnd().split("\n");
  expect(lines.at(-1)).toBe(`ready http://127.0.0.1:${shared.ports.http}`);
  expect(printed).toContain("off: spam filter (ANGELIA_RSPAMD_URL)");
  expect(printed).toContain("note: The master key lies in");
  expect(await isReady(shared)).toBe(true);
});

test("SIGTERM ends everything with code 0; the next start has the data", async () => {
  await using system = await startSystem();
  await remember(system);
  const postmaster = postmasterOf(system);
  process.kill(system.pid(), "SIGTERM");
  while (isAlive(system.pid())) await sleep(20);
  expect(isAlive(postmaster)).toBe(false);
  expect(existsSync(join(system.dataDir, "angelia.lock"))).toBe(false);
  await system.restart();
  expect(await remembered(system)).toBe(1);
});

test("after kill -9 the next start takes over the running PostgreSQL, and its stop ends it", async () => {
  await using system = await startSystem();
  await remember(system);
  const postmaster = postmasterOf(system);
  await system.kill9();
  expect(isAlive(postmaster)).toBe(true);
  await system.restart();
  expect(postmasterOf(system)).toBe(postmaster);
  expect(await remembered(system)).toBe(1);
  process.kill(system.pid(), "SIGTERM");
  while (isAlive(system.pid())) await sleep(20);
  expect(isAlive(postmaster)).toBe(false);
});

test("after kill -9 of both, in the middle of writing, the next start has every commit", async () => {
  await using system = await startSystem();
  await remember(system);
  const sql = postgres(ownerUrl(system), { max: 4 });
  let committed = 1;
  const writers = Array.from({ length: 4 }, async () => {
    for (;;) {
      await sql`insert into remembered values (2)`;
      committed += 1;
    }
  });
  const ended = Promise.allSettled(writers);
  await sleep(300);
  system.killPostgres();
  await system.kill9();
  await ended;
  await sql.end({ timeout: 1 });
  await system.restart();
  const found = await remembered(system);
  expect(committed).toBeGreaterThan(10);
  // What was told to be committed is there; of the four that got no answer any may be too.
  expect(found).toBeGreaterThanOrEqual(committed);
  expect(found).toBeLessThanOrEqual(committed + 4);
});

test("a postmaster.pid of a dead process, or of a living stranger, does not stop a start", async () => {
  await using system = await startSystem();
  await remember(system);
  system.killPostgres();
  await system.kill9();
  const file = join(system.dataDir, "postgres/postmaster.pid");
  const lines = readFileSync(file, "utf8").split("\n");
  writeFileSync(file, [String(process.pid), ...lines.slice(1)].join("\n")); // this test lives, and is no postmaster
  await system.restart();
  expect(await remembered(system)).toBe(1);
});

test("a PostgreSQL that is killed comes back on its port while the process goes on", async () => {
  await using system = await startSystem();
  await remember(system);
  const before = { pid: system.pid(), url: ownerUrl(system) };
  for (let round = 0; round < 3; round++) {
    const postmaster = postmasterOf(system);
    expect(system.killPostgres()).toBe(true);
    while (isAlive(postmaster) || !(await isReady(system))) await sleep(20);
    expect(postmasterOf(system)).not.toBe(postmaster);
  }
  expect({ pid: system.pid(), url: ownerUrl(system) }).toEqual(before);
  expect(isAlive(before.pid)).toBe(true);
  expect(await remembered(system)).toBe(1);
});

test("SIGTERM in the middle of a start ends it, and leaves a folder that the next start takes", async () => {
  await using system = await startSystem();
  await remember(system);
  for (const afterMs of [80, 200, 350]) {
    process.kill(system.pid(), "SIGTERM");
    while (isAlive(system.pid())) await sleep(20);
    const run = runProgram(
      "/bin/sh",
      [
        "-c",
        `"$0" "$1" & pid=$!; sleep ${afterMs / 1000}; kill -TERM $pid; wait $pid`,
        NODE,
        join(ROOT, "host/start.ts"),
      ],
      { env: system.env, timeoutMs: 30_000 },
    );
    const { code, text } = await run;
    // Before it listens for signals the kernel ends it: 128 + 15.
    expect({ code, text }).toEqual({ code: expect.toBeOneOf([0, 143]), text });
    await system.restart();
    expect(await remembered(system)).toBe(1);
  }
});

test("a port in use: the message names the port, the setting and who holds it; exit code 1", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const dataDir = newDir();
  const { code, text } = await startAndFail({ ANGELIA_DATA_DIR: dataDir, ANGELIA_HTTP_PORT: String(port) });
  server.close();
  expect(code).toBe(1);
  expect(text).toContain(`Port ${port} is in use`);
  expect(text).toContain("set ANGELIA_HTTP_PORT to another");
  expect(text).toContain(`(process ${process.pid})`);
  expect(existsSync(join(dataDir, "postgres"))).toBe(false); // nothing was started
});

test("a data folder that can't be written: one message, exit code 1", async () => {
  const file = join(newDir(), "file");
  writeFileSync(file, "");
  for (const dataDir of [file, join(file, "below")]) {
    const { code, text } = await startAndFail({ ANGELIA_DATA_DIR: dataDir });
    expect(code).toBe(1);
    expect(text).toContain(`can't write its data folder ${dataDir}`);
    expect(text).toContain("ANGELIA_DATA_DIR");
    expect(text).not.toContain("    at "); // no stack
  }
});

test("wrong settings are told all at once; exit code 1", async () => {
  const { code, text } = await startAndFail({
    ANGELIA_DATA_DIR: newDir(),
    ANGELIA_HTTP_PORT: "http",
    ANGELIA_ROLES: "mx,smtp",
    ANGELIA_TLS_CERT: "cert.pem",
  });
  expect(code).toBe(1);
  for (const name of ["ANGELIA_HTTP_PORT", "ANGELIA_ROLES", "ANGELIA_TLS_KEY"]) expect(text).toContain(name);
});

test("a certificate that can't be read: one message, exit code 1", async () => {
  const { code, text } = await startAndFail({
    ANGELIA_DATA_DIR: newDir(),
    ANGELIA_HTTP_PORT: "0",
    ANGELIA_TLS_CERT: "/nowhere/cert.pem",
    ANGELIA_TLS_KEY: "/nowhere/key.pem",
  });
  expect(code).toBe(1);
  expect(text).toContain("/nowhere/cert.pem");
});

test("a second system on one data folder says who is there; exit code 1, and the first goes on", async () => {
  const second = await startAndFail({ ...shared.env, ANGELIA_HTTP_PORT: "0" });
  expect(second.code).toBe(1);
  expect(second.text).toContain("already runs");
  expect(second.text).toContain(String(shared.pid()));
  expect(await isReady(shared)).toBe(true);
});

test("another master key than the database was made with is refused", async () => {
  await using system = await startSystem();
  process.kill(system.pid(), "SIGTERM");
  while (isAlive(system.pid())) await sleep(20);
  const key = Buffer.alloc(32, 1).toString("base64");
  const { code, text } = await startAndFail({ ...system.env, ANGELIA_MASTER_KEY: key });
  expect(code).toBe(1);
  expect(text).toContain("The master key is not the one");
  await system.restart();
});

test("secrets in the data folder are for our account alone", async () => {
  const names = ["master.key", "postgres.json", "angelia.log", "postgres.log", "tls-development.key"];
  const open = names.filter((name) => (statSync(join(shared.dataDir, name)).mode & 0o077) !== 0);
  expect(open).toEqual([]);
  expect(statSync(join(shared.dataDir, "postgres")).mode & 0o077).toBe(0);
});

test("PostgreSQL asks everyone for the password", async () => {
  const { port } = new URL(ownerUrl(shared));
  for (const [role, password] of [
    ["angelia_owner", ""],
    ["angelia_owner", "guess"],
    ["angelia_app", "guess"],
  ]) {
    const sql = postgres(`postgres://${role}:${password}@127.0.0.1:${port}/angelia`, { max: 1 });
    await expect(sql`select 1`).rejects.toThrow(/password|SASL/);
    await sql.end();
  }
});

test("PostgreSQL is as durable as it can be", async () => {
  const sql = postgres(ownerUrl(shared), { max: 1 });
  const rows = await sql`select name, setting from pg_settings where name in
    ('fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'unix_socket_directories', 'listen_addresses')`;
  await sql.end();
  expect(Object.fromEntries(rows.map((row) => [row["name"], row["setting"]]))).toEqual({
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    data_checksums: "on",
    unix_socket_directories: "",
    listen_addresses: "127.0.0.1",
  });
});
