import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import postgres from "postgres";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startPostgres } from "../../host/embedded-postgres.ts";
import { canEnter } from "../../host/postgres/account.ts";
import { FALLBACK_ROOT } from "../../host/postgres/binaries.ts";
import { plainEnvironment } from "../support/run-program.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const NODE = join(ROOT, "node_modules/.bin/node");
const isRoot = process.getuid?.() === 0;
const NOBODY = { name: "nobody", uid: 65_534, gid: 65_534 };
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "angelia-accounts-"))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test.runIf(isRoot)("as root, PostgreSQL runs under another account, which owns its files", async () => {
  chmodSync(dir, 0o711);
  await using server = await startPostgres({ dataDir: dir, log });
  const uid = statSync(join(dir, "postgres")).uid;
  expect(uid).not.toBe(0);
  expect(statSync(`/proc/${server.pid()}`).uid).toBe(uid);
  expect(server.notes).toEqual([]);
});

test.runIf(isRoot)(
  "where that account can't go, the database lives elsewhere, and the operator is told",
  async () => {
    const dataDir = join(dir, "private/data");
    mkdirSync(dataDir, { recursive: true });
    chmodSync(join(dir, "private"), 0o700);
    const told: string[] = [];
    let outside: string | undefined;
    try {
      for (let round = 0; round < 2; round++) {
        await using server = await startPostgres({ dataDir, log });
        outside = dirname(JSON.parse(readFileSync(join(dataDir, "postgres.json"), "utf8")).cluster);
        told.push(server.clusterDir, ...server.notes);
        const sql = postgres(Object.assign(new URL(server.ownerUrl), { pathname: "postgres" }).href, {
          max: 1,
        });
        await sql.unsafe(round === 0 ? "create table kept (n int)" : "select n from kept");
        await sql.end();
      }
      const cluster = join(outside ?? "", "postgres");
      expect(told).toEqual([cluster, expect.stringContaining(`it lives in ${outside}`), cluster]);
      expect(dirname(outside ?? "")).toBe(FALLBACK_ROOT);
      expect(existsSync(join(dataDir, "postgres"))).toBe(false);
    } finally {
      if (outside !== undefined && /^[0-9a-f]{12}$/.test(basename(outside)))
        rmSync(outside, { recursive: true });
    }
  },
);

test.runIf(isRoot && canEnter(NOBODY, ROOT))("an ordinary user needs no other account", async () => {
  chownSync(dir, NOBODY.uid, NOBODY.gid);
  const dataDir = join(dir, "data");
  const child = spawn(NODE, [join(ROOT, "host/start.ts")], {
    cwd: "/",
    uid: NOBODY.uid,
    gid: NOBODY.gid,
    env: {
      ...plainEnvironment(),
      HOME: dir,
      NODE_COMPILE_CACHE: join(dir, "cache"),
      ANGELIA_DATA_DIR: dataDir,
      ANGELIA_HTTP_PORT: "0",
      ANGELIA_ROLES: "edge",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((done) => child.once("exit", done));
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (printed += String(chunk)));
  const ready = new Promise<void>((done) =>
    child.stdout.on("data", () => void (/^ready /m.test(printed) && done())),
  );
  await Promise.race([ready, ended]);
  expect(printed).toMatch(/^ready http/m);
  expect(statSync(join(dataDir, "postgres")).uid).toBe(NOBODY.uid);
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
});

test("a data folder may be moved with all that is in it", async () => {
  chmodSync(dir, 0o711);
  const [before, after] = [join(dir, "before"), join(dir, "after")];
  mkdirSync(before, { mode: 0o711 });
  await (await startPostgres({ dataDir: before, log })).stop();
  renameSync(before, after);
  await using server = await startPostgres({ dataDir: after, log });
  expect(server.pid()).toBeGreaterThan(0);
});

test("a database that has gone away is not replaced by an empty one; lost passwords are made anew", async () => {
  chmodSync(dir, 0o711);
  const first = await startPostgres({ dataDir: dir, log });
  await first.stop();
  rmSync(join(dir, "postgres.json"));
  const second = await startPostgres({ dataDir: dir, log });
  expect(second.ownerUrl).not.toBe(first.ownerUrl);
  const sql = postgres(Object.assign(new URL(second.ownerUrl), { pathname: "postgres" }).href, { max: 1 });
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  await sql.end();
  await second.stop();
  rmSync(join(dir, "postgres"), { recursive: true });
  await expect(startPostgres({ dataDir: dir, log })).rejects.toThrow("is not there any more");
});
