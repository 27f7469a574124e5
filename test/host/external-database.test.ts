import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "../../host/database.ts";
import { type EmbeddedPostgres, startPostgres } from "../../host/embedded-postgres.ts";
import { openDb } from "../../src/db/index.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const KEY = new Uint8Array(32).fill(3);

// A server of its own: roles are of the whole server, and the other tests use theirs.
let dir: string;
let server: EmbeddedPostgres;
let admin: postgres.Sql;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "angelia-external-"));
  chmodSync(dir, 0o711);
  server = await startPostgres({ dataDir: dir, log, settings: { fsync: "off" } });
  admin = postgres(Object.assign(new URL(server.ownerUrl), { pathname: "postgres" }).href, {
    max: 1,
    onnotice: () => undefined,
  });
});
afterAll(async () => {
  await admin.end();
  await server.stop();
  rmSync(dir, { recursive: true });
});

const as = (username: string, password: string, database: string): string =>
  Object.assign(new URL(server.ownerUrl), { username, password, pathname: database }).href;
const open = (url: string, appUrl?: string, key = KEY): ReturnType<typeof openDatabase> =>
  openDatabase({ dataDir: dir, database: { url, appUrl } }, key, log);

async function appWorks(appUrl: string): Promise<string> {
  const db = openDb({ url: appUrl, max: 1 });
  try {
    const [row] = await db.system(
      "test",
      (tx) => tx<{ role: string }[]>`select session_user::text as role, count(*) from tenants`,
    );
    return row?.role ?? "";
  } finally {
    await db.close();
  }
}

test("the managed service's usual role, which owns a database and may make roles, is enough", async () => {
  await admin.unsafe("create role agency login createrole password 'agency-password'");
  await admin.unsafe("create database hosted owner agency");
  const url = as("agency", "agency-password", "hosted");
  const database = await open(url);
  expect(database.place).toBe(`127.0.0.1:${server.port}/hosted`);
  expect(database.place).not.toContain("password");
  expect(await appWorks(database.appUrl)).toBe("angelia_app");

  // A second machine of the fleet, with the same master key, logs in with the same password.
  expect((await open(url)).appUrl).toBe(database.appUrl);
  expect(await appWorks(database.appUrl)).toBe("angelia_app");
});

test("a master key other than the database's is refused", async () => {
  const url = as("agency", "agency-password", "hosted");
  await expect(open(url, undefined, new Uint8Array(32).fill(4))).rejects.toThrow("master key is not the one");
  await open(url); // gives the application the right password again
});

test("a role that may make no roles says what the operator must do; with the application's URL it works", async () => {
  await admin.unsafe("create role plain login password 'plain-password'");
  await admin.unsafe("create database plain owner plain");
  const url = as("plain", "plain-password", "plain");
  await expect(open(url)).rejects.toThrow(/may not make the role angelia_app.*ANGELIA_DATABASE_APP_URL/s);

  // What docs/guides/operator.md tells them.
  await admin.unsafe("create role mail_app login password 'app-password' in role angelia_app");
  await admin.unsafe("grant angelia_system to mail_app with inherit false, set true");
  await admin.unsafe("grant angelia_system to plain with admin option");
  const database = await open(url, as("mail_app", "app-password", "plain"));
  expect(await appWorks(database.appUrl)).toBe("mail_app");

  // Started by the application's role alone: nothing is pending, so it may.
  const alone = await open(as("mail_app", "app-password", "plain"), as("mail_app", "app-password", "plain"));
  expect(await appWorks(alone.appUrl)).toBe("mail_app");
});

test("an application role that row-level security does not bind is refused", async () => {
  const url = as("agency", "agency-password", "hosted");
  await admin.unsafe("create role above login bypassrls password 'above-password' in role angelia_app");
  await expect(open(url, as("above", "above-password", "hosted"))).rejects.toThrow(/could see another/);
  await expect(open(url, url)).rejects.toThrow(/could see another/); // owns the tables
  await expect(open(url, as("nobody_here", "x", "hosted"))).rejects.toThrow(/can't log in/);
});

test("a server that is away, or the wrong password: one message without the password", async () => {
  for (const url of ["postgres://agency:hunter2@127.0.0.1:1/hosted", as("agency", "hunter2", "hosted")]) {
    const error: unknown = await open(url).catch((reason: unknown) => reason);
    expect(String(error)).toContain("ANGELIA_DATABASE_URL can't be used");
    expect(String(error)).not.toContain("hunter2");
  }
});

test("migrations that are missing are told to a role that may not apply them", async () => {
  await admin.unsafe("create database empty");
  await expect(
    open(as("mail_app", "app-password", "empty"), as("mail_app", "app-password", "empty")),
  ).rejects.toThrow(/needs 0001_.* may not apply/s);
});
