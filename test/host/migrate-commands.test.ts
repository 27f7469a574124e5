import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { Migration } from "../../src/contract/migrations.ts";
import { addAgency, imapOf } from "../support/agency.ts";
import { messageCount } from "../support/imap-client.ts";
import { startSystem, type System } from "../support/system.ts";

let system: System;
let dir: string;
beforeAll(async () => {
  system = await startSystem();
  await addAgency(system, "acme", ["ann"]);
  dir = mkdtempSync(join(tmpdir(), "angelia-migrate-"));
});
afterAll(async () => {
  rmSync(dir, { recursive: true, force: true });
  await system[Symbol.asyncDispose]();
});

test("a file of this machine comes into a mailbox, and status says so", async () => {
  const file = join(dir, "old.mbox");
  const mails = [1, 2, 3].map(
    (n) => `From a Mon Sep  6 10:01:00 2021\nSubject: ${n}\nMessage-ID: <${n}@a>\n\ntext\n\n`,
  );
  writeFileSync(file, mails.join(""));
  const taken = await system.cli("migrate", "mbox", file, "ann@acme.test", "--into", "Old");
  const { id } = z.object({ id: z.uuid() }).parse(taken);
  const status = async (): Promise<Migration | undefined> => {
    const all = z.array(Migration).parse(await system.cli("migrate", "status", "--tenant", "acme"));
    return all.find((one) => one.id === id);
  };
  while ((await status())?.state === "running") await sleep(200);
  expect(await status()).toMatchObject({ state: "finished", counts: { found: 3, copied: 3, failed: 0 } });
  expect(await system.cli("migrate", "status", "--tenant", "acme", id)).toEqual([]);
  const client = await imapOf(system, "ann@acme.test");
  expect(await messageCount(client, "Old/old")).toBe(3);
  await client.logout();
});

test("what can't be done is said", async () => {
  const missing = join(dir, "missing.mbox");
  await expect(system.cli("migrate", "mbox", missing, "ann@acme.test")).rejects.toThrow(/can't be read/);
  const list = join(dir, "list.csv");
  writeFileSync(list, "nobody@acme.test,nobody,secret\n");
  const where = ["--tenant", "acme", "--host", "old.example", "--csv", list];
  await expect(system.cli("migrate", "imap", ...where)).rejects.toThrow(/invalid_input/);
  await expect(system.cli("migrate", "imap", ...where, "--port", "99999999")).rejects.toThrow(/port/);
});
