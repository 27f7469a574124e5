import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeCipher } from "../../host/node-cipher.ts";
import { KnownRecipients } from "../../smtp-relay/store-and-forward/known-recipients.ts";
import { type Envelope, MessageSpool, SpoolFull } from "../../smtp-relay/store-and-forward/message-spool.ts";
import { type BlobSource, sourceOf } from "../../src/blob/index.ts";
import { TraceId } from "../../src/history/index.ts";
import { TenantId } from "../../src/kernel/id.ts";

const seal = { cipher: nodeCipher, key: new Uint8Array(32).fill(3) };
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
/** What the cipher or the form of the file says. */
const UNREADABLE = /authenticate|length|tag|ends too early/;
const TENANT = TenantId.parse("0190f000-0000-7000-8000-000000000001");

const envelope: Envelope = {
  traceId: TraceId.parse("0190f000-0000-7000-8000-00000000000a"),
  clientIp: "192.0.2.1",
  mailFrom: "ann@other.test",
  envid: null,
  ret: null,
  requireTls: false,
  isProven: false,
  recipients: [{ address: "ben@acme.test", orcpt: null, notify: null, tenantId: TENANT }],
  verdicts: [{ tenantId: TENANT, kind: "junk", reasons: [{ code: "spam", detail: "8.1" }] }],
  trace: "Received: from other.test\r\n",
  receivedAt: 1.7e12,
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "angelia-store-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function octets(source: BlobSource): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source.chunks()) pieces.push(piece);
  return Buffer.concat(pieces);
}

test("what is stored comes out to the octet, also from a new process, and nothing of it can be read on the disk", async () => {
  const path = join(folder, "round-trip");
  const sizes = fc.constantFrom(0, 1, 100, 65_535, 65_536, 65_537, 131_072, 300_000);
  await fc.assert(
    fc.asyncProperty(sizes, async (size) => {
      const content = randomBytes(size);
      const id = await new MessageSpool(path, seal, 1e9).store(envelope, sourceOf(content));
      const again = new MessageSpool(path, seal, 1e9);
      const found = await again.read(id);
      expect(found.envelope).toEqual(envelope);
      expect(found.content.size).toBe(size);
      expect((await octets(found.content)).equals(content)).toBe(true);
      expect((await octets(found.content)).equals(content)).toBe(true);
      const [name = ""] = readdirSync(path);
      const raw = readFileSync(join(path, name));
      expect(raw.includes("other.test") || raw.includes("acme.test")).toBe(false);
      await again.remove(id);
      expect(again.list()).toEqual([]);
    }),
    { numRuns: 16 },
  );
});

test("the longest waiting is first; what a process left that died while it wrote is removed", async () => {
  const path = join(folder, "order");
  const spool = new MessageSpool(path, seal, 1e9);
  const ids: string[] = [];
  for (let i = 0; i < 4; i++) {
    ids.push(await spool.store(envelope, sourceOf(Buffer.from(String(i)))));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  writeFileSync(join(path, "half.message.tmp"), "half a message");
  expect(new MessageSpool(path, seal, 1e9).list()).toEqual(ids);
  expect(readdirSync(path)).toHaveLength(4);
});

test("a file that was damaged, cut, or put in another's place is refused", async () => {
  const path = join(folder, "damage");
  const spool = new MessageSpool(path, seal, 1e9);
  const [one, two] = [
    await spool.store(envelope, sourceOf(randomBytes(200_000))),
    await spool.store(envelope, sourceOf(randomBytes(200_000))),
  ];
  const file = (id: string): string => join(path, `${id}.message`);
  const whole = readFileSync(file(one));
  const read = async (): Promise<Buffer> => octets((await spool.read(one)).content);
  for (const at of [0, 70_000, whole.length - 1]) {
    const bad = Buffer.from(whole);
    bad[at] = (bad[at] ?? 0) ^ 1;
    writeFileSync(file(one), bad);
    await expect(read()).rejects.toThrow(UNREADABLE);
  }
  for (const cut of [
    whole.subarray(0, 65_552),
    whole.subarray(0, 100),
    Buffer.alloc(0),
    readFileSync(file(two)),
  ]) {
    writeFileSync(file(one), cut);
    await expect(read()).rejects.toThrow(UNREADABLE);
  }
  writeFileSync(file(one), whole);
  expect(await read()).toHaveLength(200_000);
});

test("a spool at its limit takes nothing more, and takes again when there is room", async () => {
  const path = join(folder, "limit");
  const spool = new MessageSpool(path, seal, 100_000);
  const first = await spool.store(envelope, sourceOf(randomBytes(60_000)));
  await expect(spool.store(envelope, sourceOf(randomBytes(60_000)))).rejects.toBeInstanceOf(SpoolFull);
  expect(spool.list()).toEqual([first]);
  await spool.remove(first);
  await spool.store(envelope, sourceOf(randomBytes(60_000)));
});

/** A file system of one megabyte; needs the right to mount. */
function mountSmallDisk(path: string): boolean {
  mkdirSync(path, { recursive: true });
  return spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path]).status === 0;
}

test("a full disk: the message is not taken, what was taken stays, and nothing half is left", async ({
  skip,
}) => {
  const disk = join(folder, "disk");
  if (!mountSmallDisk(disk)) skip("mounting a small disk needs root");
  try {
    const path = join(disk, "spool");
    const spool = new MessageSpool(path, seal, 1e12);
    const kept = await spool.store(envelope, sourceOf(randomBytes(300_000)));
    await expect(spool.store(envelope, sourceOf(randomBytes(900_000)))).rejects.toBeInstanceOf(SpoolFull);
    expect(readdirSync(path)).toEqual([`${kept}.message`]);
    expect((await spool.read(kept)).content.size).toBe(300_000);
    // There is room again as soon as one is gone.
    await spool.remove(kept);
    await spool.store(envelope, sourceOf(randomBytes(600_000)));
  } finally {
    spawnSync("umount", ["-l", disk]);
  }
});

test("who was found stays known for a week, over a restart too, and no address can be read on the disk", async () => {
  const path = join(folder, "known");
  mkdirSync(path);
  let now = 1.7e12;
  const open = (): Promise<KnownRecipients> => KnownRecipients.open(path, seal, () => now, silent);
  const known = await open();
  known.remember("ann@acme.test", TENANT);
  await known.save();
  now += 3 * 86_400_000;
  known.remember("ben@acme.test", TENANT);
  await known.save();
  const [name = "", second] = readdirSync(path);
  expect(second).toBeUndefined();
  expect(readFileSync(join(path, name)).includes("acme")).toBe(false);
  const again = await open();
  expect([again.find("ann@acme.test"), again.find("ben@acme.test"), again.find("cat@acme.test")]).toEqual([
    TENANT,
    TENANT,
    undefined,
  ]);
  now += 5 * 86_400_000;
  expect([again.find("ann@acme.test"), again.find("ben@acme.test")]).toEqual([undefined, TENANT]);
  writeFileSync(join(path, name), "damaged");
  expect((await open()).find("ben@acme.test")).toBeUndefined();
});
