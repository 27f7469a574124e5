import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { expect, test } from "vitest";
import { fileObjectStore } from "../../host/file-object-store.ts";
import { nodeCipher } from "../../host/node-cipher.ts";
import { insertBlob } from "../../src/blob/blob.store.ts";
import { KeyRing, sourceOf, Vault, webCipher } from "../../src/blob/index.ts";
import { createTenant } from "../../src/tenants/index.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

const bytes = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array(randomBytes(size));

/** A vault over the same database and files, with another cipher or another master key. */
function vaultWith(p: TestPlatform, cipher: typeof webCipher, master = 7): Vault {
  const { clock, random, db } = p.store;
  const keys = new KeyRing(db, new Uint8Array(32).fill(master), clock, random, cipher);
  // As an object store far away has it, so that blobs of several chunks lie in the database too.
  const objects = { ...fileObjectStore(`${p.dataDir}/blobs`), hotBytesMax: 262_144 };
  return new Vault({ db, objects, keys, cipher, clock, random });
}

test("what one cipher seals the other opens, in whole and in ranges", async () => {
  await using p = await testPlatform();
  const tenantId = await p.tenant("a", "a.test");
  const vaults = [vaultWith(p, nodeCipher), vaultWith(p, webCipher)];
  for (const size of [0, 10, 65_536, 150_000, 400_000])
    for (const [sealer, opener] of [vaults, vaults.toReversed()]) {
      const plain = bytes(size);
      const { id } = (await sealer?.store(tenantId, sourceOf(plain))) ?? {};
      if (id === undefined) throw new Error("nothing was stored");
      expect(Buffer.from((await opener?.read(tenantId, id)) ?? "none").equals(plain)).toBe(true);
      const range = { start: size >> 1, end: size };
      expect(
        Buffer.from((await opener?.read(tenantId, id, range)) ?? "none").equals(plain.subarray(size >> 1)),
      ).toBe(true);
    }
});

test("equal content is stored once within a tenant, and not across tenants", async () => {
  await using p = await testPlatform();
  const a = await p.tenant("a", "a.test");
  const b = await p.tenant("b", "b.test");
  const plain = bytes(5_000);
  const { vault } = p.store;
  const first = await vault.store(a, sourceOf(plain));
  expect((await vault.store(a, sourceOf(plain.slice(0, 100), plain.slice(100)))).id).toBe(first.id);
  const other = await vault.store(b, sourceOf(plain));
  expect(other.id).not.toBe(first.id);
  await expect(vault.read(b, first.id)).rejects.toEqual(expect.objectContaining({ code: "blob_unknown" }));
});

test("a changed bit, a swapped chunk and a cut end are noticed", async () => {
  await using p = await testPlatform();
  const chunk = 65_536 + 16;
  const damages: Record<string, (hot: Uint8Array) => Uint8Array> = {
    bit: (hot) => hot.map((byte, i) => (i === 70_000 ? byte ^ 1 : byte)),
    swap: (hot) =>
      Uint8Array.from([
        ...hot.subarray(chunk, 2 * chunk),
        ...hot.subarray(0, chunk),
        ...hot.subarray(2 * chunk),
      ]),
    cut: (hot) => hot.slice(0, 2 * chunk),
  };
  for (const [name, damage] of Object.entries(damages)) {
    const { id } = await createTenant(p.tenancy, { slug: name, name, kind: "private" });
    const vault = vaultWith(p, nodeCipher);
    const own = await vault.seal(id, sourceOf(bytes(200_000)));
    if (own.hot === null) throw new Error("it is not in the database");
    const hot = damage(own.hot);
    await p.db.tenant(id, (tx) => insertBlob(tx, { ...own, hot }));
    await expect(vault.read(id, own.id)).rejects.toThrow(/authenticate|ends before/);
  }
});

test("without the master key there is nothing to read", async () => {
  await using p = await testPlatform();
  const tenantId = await p.tenant("a", "a.test");
  const { id } = await p.store.vault.store(tenantId, sourceOf(bytes(100)));
  await expect(vaultWith(p, nodeCipher, 8).read(tenantId, id)).rejects.toThrow(/authenticate/);
});

test("deleting the key of a blob destroys its content, though the bytes are still there", async () => {
  await using p = await testPlatform();
  const tenantId = await p.tenant("a", "a.test");
  const { id } = await p.store.vault.store(tenantId, sourceOf(bytes(100)));
  const owner = postgres(p.database.ownerUrl, { max: 1 });
  await owner`delete from blob_keys where blob_id = ${id}`;
  const [row] = await owner`select count(*)::int as n from hot_blobs where blob_id = ${id}`;
  await owner.end();
  expect(row).toEqual({ n: 1 });
  await expect(p.store.vault.read(tenantId, id)).rejects.toEqual(
    expect.objectContaining({ code: "blob_unknown" }),
  );
});

test("a source that says a wrong size is refused", async () => {
  await using p = await testPlatform();
  const tenantId = await p.tenant("a", "a.test");
  for (const size of [10, 100_000])
    await expect(p.store.vault.seal(tenantId, { ...sourceOf(bytes(70_000)), size })).rejects.toThrow(
      RangeError,
    );
});
