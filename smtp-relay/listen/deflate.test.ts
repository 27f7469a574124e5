import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { constants, createDeflateRaw, createInflateRaw, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { deflatePiece, Inflation } from "./deflate.ts";

const SYNC = constants.Z_SYNC_FLUSH;

/** Feeds octets in chunks and takes all that comes of them. */
async function inflated(
  inflation: Inflation,
  octets: Uint8Array,
  woken: () => Promise<void>,
): Promise<Buffer> {
  inflation.feed(octets);
  const all: Uint8Array[] = [];
  for (;;) {
    const chunk = inflation.take();
    if (chunk !== undefined) all.push(chunk);
    else if (inflation.isBusy) await woken();
    else return Buffer.concat(all);
  }
}

function newInflation(): { readonly inflation: Inflation; readonly woken: () => Promise<void> } {
  let wake: (() => void) | undefined;
  const inflation = new Inflation(() => wake?.());
  return { inflation, woken: () => new Promise<void>((resolve) => (wake = resolve)) };
}

test("any decompressor reads the pieces as one stream, and each of them as soon as it is there", async () => {
  const pieces = fc.array(fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 400 }), text()), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(pieces, async (all) => {
      const reader = createInflateRaw({ finishFlush: SYNC });
      for (const piece of all) {
        reader.write(await deflatePiece(piece));
        let read = Buffer.alloc(0);
        while (read.length < piece.length) {
          const chunk: unknown = reader.read();
          if (chunk instanceof Uint8Array) read = Buffer.concat([read, chunk]);
          else await once(reader, "readable");
        }
        expect(read.equals(piece)).toBe(true);
      }
      reader.destroy();
    }),
    { numRuns: 60 },
  );
});

test("what a client says is read in whatever chunks it comes, also when all but its window is let go in between", async () => {
  const said = fc.array(text(), { minLength: 1, maxLength: 12 });
  const cuts = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(said, cuts, async (lines, sizes) => {
      const client = createDeflateRaw();
      const { inflation, woken } = newInflation();
      for (const line of lines) {
        client.write(line);
        client.flush(SYNC);
        await once(client, "readable");
        await new Promise((resolve) => client.flush(SYNC, () => resolve(undefined)));
        const sent: unknown = client.read();
        const octets = sent instanceof Uint8Array ? sent : Buffer.alloc(0);
        const parts: Buffer[] = [];
        for (let at = 0, i = 0; at < octets.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          parts.push(await inflated(inflation, octets.subarray(at, at + size), woken));
          inflation.rest();
          at += size;
        }
        expect(Buffer.concat(parts).equals(line)).toBe(true);
      }
      client.destroy();
      inflation.end();
    }),
    { numRuns: 60 },
  );
});

test("a window of 32 KB is enough, and what goes beyond is not kept", async () => {
  const client = createDeflateRaw();
  const { inflation, woken } = newInflation();
  const far = randomBytes(30_000);
  for (const said of [far, randomBytes(1_000), far, randomBytes(40_000), far, far]) {
    client.write(said);
    await new Promise((resolve) => client.flush(SYNC, () => resolve(undefined)));
    const sent: unknown = client.read();
    if (!(sent instanceof Uint8Array)) throw new Error("nothing was compressed");
    expect((await inflated(inflation, sent, woken)).equals(said)).toBe(true);
    inflation.rest();
  }
  client.destroy();
});

test("of a bomb only so much comes out as somebody takes", async () => {
  const bomb = deflateRawSync(Buffer.alloc(200_000_000), { finishFlush: SYNC });
  expect(bomb.length).toBeLessThan(250_000);
  const { inflation, woken } = newInflation();
  const before = process.memoryUsage().arrayBuffers;
  inflation.feed(bomb);
  await woken();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
  expect(inflation.isBusy).toBe(true);
  expect(inflation.take()?.length).toBeLessThan(200_000);
  inflation.end();
});

test("what is no such stream, or goes on behind its end, is over", async () => {
  for (const octets of [[Buffer.from("a1 NOOP\r\n")], [deflateRawSync("a1 NOOP\r\n"), Buffer.from("more")]]) {
    const { inflation, woken } = newInflation();
    for (const part of octets) if (!inflation.isOver) await inflated(inflation, part, woken);
    await expect.poll(() => inflation.take() === undefined && inflation.isOver).toBe(true);
  }
});

function text(): fc.Arbitrary<Uint8Array> {
  return fc
    .array(fc.constantFrom("FETCH 1:* (FLAGS)", "a17 NOOP", "\r\n", "SELECT INBOX", "Ωμέγα", " "), {
      minLength: 1,
      maxLength: 200,
    })
    .map((words) => Buffer.from(words.join("")));
}
