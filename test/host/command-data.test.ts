import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openForCommand } from "../../host/command-data.ts";
import { findRunningPostgres } from "../../host/embedded-postgres.ts";
import { openDb } from "../../src/db/index.ts";
import { startSystem } from "../support/system.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const silent = (): void => undefined;
let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "angelia-command-"));
  chmodSync(dataDir, 0o711);
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const open = (dir = dataDir): ReturnType<typeof openForCommand> =>
  openForCommand({ dataDir: dir, database: undefined, masterKey: undefined }, log, silent);

async function tenantsSeen(appUrl: string): Promise<number> {
  const db = openDb({ url: appUrl, max: 1 });
  const [row] = await db.system("test", (tx) => tx<{ n: number }[]>`select count(*)::int as n from tenants`);
  await db.close();
  return row?.n ?? -1;
}

test("without a running system a command has the database for itself, and leaves nothing running", async () => {
  {
    await using data = await open();
    expect(await tenantsSeen(data.appUrl)).toBe(0);
    expect(data.masterKey).toHaveLength(32);
  }
  expect(findRunningPostgres(dataDir)).toBeUndefined();
  expect(existsSync(join(dataDir, "angelia.lock"))).toBe(false);
});

test("beside a running system a command uses its database, and leaves it running", async () => {
  await using system = await startSystem();
  {
    await using data = await open(system.dataDir);
    expect(await tenantsSeen(data.appUrl)).toBe(0);
  }
  expect(findRunningPostgres(system.dataDir)).toBeDefined();
  expect((await fetch(`${system.webUrl}/readyz`)).status).toBe(200);
});

test("a system that starts waits for a command, and two commands take turns", async () => {
  const order: string[] = [];
  const first = await open();
  const takeTurn = async (): Promise<void> => {
    const data = await open();
    order.push("second");
    await data[Symbol.asyncDispose]();
  };
  const second = takeTurn();
  await sleep(500);
  order.push("first");
  const system = startSystem({ env: { ANGELIA_DATA_DIR: dataDir } });
  await sleep(1_000);
  await first[Symbol.asyncDispose]();
  await second;
  await using started = await system;
  expect(order).toEqual(["first", "second"]);
  expect((await fetch(`${started.webUrl}/readyz`)).status).toBe(200);
});
