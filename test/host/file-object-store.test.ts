import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fileObjectStore } from "../../host/file-object-store.ts";
import type { ObjectStore } from "../../src/blob/index.ts";

const TENANT = "019aa3c5-0000-7000-8000-000000000001";
const KEYS = ["2a", "2a", "3b"].map((end, i) => `${TENANT}/019aa3c5-000${i}-7000-8000-0000000000${end}`);

let folder: string;
let objects: ObjectStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "angelia-objects-"));
  objects = fileObjectStore(join(folder, "blobs"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function* chunks(text: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield new TextEncoder().encode(text);
}
const put = (key: string): Promise<void> => objects.put(key, key.length, chunks(key));
async function get(key: string): Promise<string> {
  const parts = [];
  for await (const part of objects.get(key, 0, 1_000)) parts.push(part);
  return Buffer.concat(parts).toString();
}

test("what is put is there, in folders that hold few names, and nothing unfinished stays", async () => {
  for (const key of KEYS) await put(key);
  for (const key of KEYS) expect(await get(key)).toBe(key);
  expect(readdirSync(join(folder, "blobs", TENANT)).toSorted()).toEqual(["2a", "3b"]);
  expect(readdirSync(join(folder, "blobs", TENANT, "2a"))).toHaveLength(2);
});

test("a folder that somebody took away is answered with a temporary failure, and made again", async () => {
  const [first = "", second = ""] = KEYS;
  await put(first);
  rmSync(join(folder, "blobs"), { recursive: true });
  await expect(put(second)).rejects.toMatchObject({ code: "unavailable" });
  await put(second);
  expect(await get(second)).toBe(second);
});
