import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { countReceived } from "../../smtp-relay/inbound/count-received.ts";
import { openSpoolDir, Spool, type SpoolDir } from "../../smtp-relay/inbound/spool.ts";
import { indexMessage } from "../../src/protocol/mime-structure/index.ts";
import { ConnectionLimits } from "../../smtp-relay/listen/connection-limits.ts";

let dir: string;
let spoolDir: SpoolDir;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "angelia-spool-"));
  spoolDir = openSpoolDir(dir);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function content(spool: Spool): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of spool.source().chunks()) pieces.push(piece);
  return Buffer.concat(pieces);
}

test("what goes in comes out, twice, in memory and beyond it, and nothing is left on the disk", async () => {
  const sizes = fc.array(fc.array(fc.constantFrom(1, 100, 70_000, 200_000), { maxLength: 3 }), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(sizes, async (batches) => {
      await using spool = new Spool(spoolDir, 10_000_000);
      const whole: Buffer[] = [];
      for (const [i, batch] of batches.entries()) {
        const pieces = batch.map((size, j) => Buffer.alloc(size, i * 7 + j));
        whole.push(...pieces);
        await spool.add(pieces);
      }
      const wanted = Buffer.concat(whole);
      expect(spool.size).toBe(wanted.length);
      expect(spool.source().size).toBe(wanted.length);
      expect((await content(spool)).equals(wanted)).toBe(true);
      expect((await content(spool)).equals(wanted)).toBe(true);
      expect(Buffer.from(await spool.head(1_000)).equals(wanted.subarray(0, 1_000))).toBe(true);
      expect(readdirSync(spoolDir.path)).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test("its parts are known, in memory and beyond it, whether it was indexed as it came or not", async () => {
  const part = `--b\r\nContent-Transfer-Encoding: base64\r\n\r\n${"QUJD\r\n".repeat(30_000)}`;
  for (const count of [1, 4]) {
    const message = Buffer.from(
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${part.repeat(count)}--b--\r\n`,
    );
    const pieces = fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.boolean(), async (sizes, isIndexed) => {
        await using spool = new Spool(spoolDir, 10_000_000, isIndexed);
        let at = 0;
        for (const size of sizes) {
          const half = at + (size >> 1);
          await spool.add([message.subarray(at, half), message.subarray(half, at + size)]);
          at += size;
        }
        await spool.add([message.subarray(at)]);
        const index = await spool.index();
        expect(index).toEqual(indexMessage(message));
        expect(await spool.index()).toBe(index);
        const some: Uint8Array[] = [];
        for await (const piece of spool.read(100, 300_000)) some.push(piece);
        expect(Buffer.concat(some).equals(message.subarray(100, 300_000))).toBe(true);
      }),
      { numRuns: 20 },
    );
  }
});

test("many small pieces go to disk in one go", async () => {
  await using spool = new Spool(spoolDir, 10_000_000);
  await spool.add(Array.from({ length: 300_000 }, (_, i) => Buffer.from([i & 255])));
  const found = await content(spool);
  expect(found.length).toBe(300_000);
  expect(found.every((octet, i) => octet === (i & 255))).toBe(true);
});

test("what is too large is counted and not kept", async () => {
  await using spool = new Spool(spoolDir, 1_000);
  for (let i = 0; i < 10; i++) await spool.add([Buffer.alloc(200)]);
  expect(spool).toMatchObject({ isTooLarge: true, size: 2_000, failure: undefined });
});

test("a disk that fails is told, not thrown", async () => {
  await using spool = new Spool({ path: join(dir, "nowhere") }, 10_000_000);
  await spool.add([Buffer.alloc(300_000)]);
  await spool.add([Buffer.alloc(300_000)]);
  expect(spool.failure).toMatchObject({ code: "ENOENT" });
});

test("what a dead process left is removed at the start; what a living one has is not", () => {
  const path = join(dir, "spool");
  writeFileSync(join(path, "2147483646-dead"), "x");
  writeFileSync(join(path, `${process.ppid}-living`), "x");
  writeFileSync(join(path, "strange"), "x");
  openSpoolDir(dir);
  expect(readdirSync(path)).toEqual([`${process.ppid}-living`]);
  rmSync(join(path, `${process.ppid}-living`));
});

const count = (text: string): number => countReceived(Buffer.from(text));

test("Received fields are counted in the header alone, whatever their case", () => {
  expect(
    count("Received: a\r\n b\r\nRECEIVED : c\r\nX-Received: d\r\nreceived:e\r\n\r\nReceived: f\r\n"),
  ).toBe(3);
  expect(count("")).toBe(0);
});

test("connections are counted in and out, and those of this machine not at all", () => {
  const limits = new ConnectionLimits({ total: 3, perAddress: 2, countLoopback: false });
  const leave = limits.enter("192.0.2.1", false);
  expect(limits.enter("192.0.2.1", false)).toBeTypeOf("function");
  expect(limits.enter("192.0.2.1", false)).toBe("at_once");
  expect(limits.enter("198.51.100.1", false)).toBeTypeOf("function");
  expect(limits.enter("203.0.113.1", false)).toBe("total");
  expect(limits.enter("127.0.0.1", true)).toBeTypeOf("function");
  if (typeof leave === "function") leave();
  expect(limits.enter("192.0.2.1", false)).toBeTypeOf("function");
});
