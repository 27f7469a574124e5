import { createHash, createPublicKey, verify } from "node:crypto";
import { authenticate, dkimVerify } from "mailauth";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dkimRotationJob } from "../../smtp-relay/jobs/dkim-rotation.ts";
import { decideSigner } from "../../smtp-relay/signing/decide-signer.ts";
import { DomainPreparer } from "../../smtp-relay/signing/prepare-domain.ts";
import { sealForwardWith } from "../../smtp-relay/signing/seal-forward.ts";
import { signOutgoing, type SignerDeps } from "../../smtp-relay/signing/sign-outgoing.ts";
import { type BlobSource, sourceOf } from "../../src/blob/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import {
  type ZoneRecord,
  listDkimKeys,
  newSigning,
  ROTATION_DEFAULTS,
  rotateDomain,
  type RotationDeps,
  signingKeysFor,
  zoneLine,
} from "../../src/signing/index.ts";
import { ensureHouse } from "../../src/tenants/index.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";

let platform: TestPlatform;
let tenantId: TenantId;
let strangerId: TenantId;
let rotation: RotationDeps;
let signer: SignerDeps;
/** What the world sees, by name. */
const zone = new Map<string, string>();
const lines: { event: string; [field: string]: unknown }[] = [];
const keep = (event: string, fields: object = {}): void => void lines.push({ event, ...fields });
const log = { info: keep, warn: keep, error: keep };

beforeAll(async () => {
  platform = await testPlatform();
  tenantId = await platform.tenant("agency", "agency.test");
  strangerId = await platform.tenant("stranger", "stranger.test");
  const { db, tenancy } = platform;
  rotation = {
    signing: newSigning({ db, keys: tenancy.keys, clock: Date.now, zone: "test" }),
    times: ROTATION_DEFAULTS,
    lookUp: (name) => Promise.resolve([zone.get(name) ?? []].flat()),
    push: (records: readonly ZoneRecord[]) => {
      for (const { name, value } of records) zone.set(name, value);
      return Promise.resolve();
    },
    log,
  };
  signer = { signing: rotation.signing, log };
  await rotateDomain(rotation, tenantId, "agency.test");
});
afterAll(() => platform[Symbol.asyncDispose]());

const bytes = (text: string): BlobSource => sourceOf(new TextEncoder().encode(text));
async function textOf(source: BlobSource): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source.chunks()) pieces.push(piece.slice());
  const text = Buffer.concat(pieces).toString("latin1");
  expect(source.size).toBe(text.length);
  return text;
}
const from = (address: string, body = "Hello\r\n"): BlobSource =>
  bytes(`From: <${address}>\r\nTo: you@elsewhere.test\r\nSubject: x\r\n\r\n${body}`);
const byAccount = { submissionId: "s", mailFrom: "clerk@agency.test", accountId: "a" };
const resolver = (name: string): Promise<string[][]> => {
  const text = zone.get(name);
  return text === undefined
    ? Promise.reject(Object.assign(new Error("none"), { code: "ENOTFOUND" }))
    : Promise.resolve([[text]]);
};
async function verdicts(message: string): Promise<string[]> {
  const { results } = await dkimVerify(Buffer.from(message, "latin1"), { resolver });
  return results.map((one) => `${one.signingDomain} ${one.status.result}`);
}

test("a message with 8-bit text, long and folded fields, and no body verifies", async () => {
  const texts = [
    `From: "\u00c3\u00bc" <clerk@agency.test>\r\nsubject:   folded\r\n  over\t\r\n lines\r\nTO: a@b.test\r\n\r\n`,
    `From: clerk@agency.test\r\nSubject: x\r\n\r\n\r\n\r\n`,
    `From: clerk@agency.test\r\nSubject: x\r\n\r\nno line end`,
    `From: clerk@agency.test\r\nList-Id: <a.b>\r\nX: y\r\n\r\n \r\n\u00e9 \t \r\n\r\n`,
  ];
  for (const text of texts) {
    const raw = sourceOf(Uint8Array.from(text, (char) => char.charCodeAt(0)));
    const signed = await textOf(await signOutgoing(signer, tenantId, byAccount, raw));
    expect(signed.endsWith(text)).toBe(true);
    expect(await verdicts(signed)).toEqual(["agency.test pass", "agency.test pass"]);
  }
});

test("whatever is sent, what arrives verifies: each line end that is sent for a bare CR or LF is signed as one", async () => {
  const piece = fc.constantFrom(
    "a",
    "B:",
    " ",
    "\t",
    "\r\n",
    "\r\n",
    "\n",
    "\r",
    ".",
    "..",
    "\u00e9",
    ";",
    "Subject: x\r\n",
  );
  const body = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));
  const subject = fc.array(fc.constantFrom("a", " ", "\t", "\r\n ", "\r\n\t", ":", "\u00e9"), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(body, subject, async (text, value) => {
      const raw = `From: clerk@agency.test\r\nSubject:${value.join("")}\r\nTo: a@b.test\r\n\r\n${text}`;
      const content = sourceOf(Uint8Array.from(raw, (char) => char.charCodeAt(0)));
      const signed = await textOf(await signOutgoing(signer, tenantId, byAccount, content));
      const arrived = signed.replaceAll(/\r\n|\r|\n/g, "\r\n");
      expect(await verdicts(arrived)).toEqual(["agency.test pass", "agency.test pass"]);
    }),
    { numRuns: 300 },
  );
});

test("a body of 50 MB is hashed as it streams: no piece of it is kept", async () => {
  const head = Buffer.from("From: clerk@agency.test\r\nSubject: large\r\n\r\n");
  const line = Buffer.from(`${"x".repeat(998)}\r\n`);
  const count = 50_000;
  const hash = createHash("sha256");
  for (let i = 0; i < count; i++) hash.update(line);
  const source: BlobSource = {
    size: head.length + line.length * count,
    async *chunks() {
      yield head;
      const reused = Buffer.alloc(line.length * 100);
      for (let i = 0; i < count / 100; i++) {
        for (let j = 0; j < 100; j++) line.copy(reused, j * line.length);
        yield reused;
        // Whoever has kept it has something else now.
        reused.fill("!");
      }
    },
  };
  const signed = await signOutgoing(signer, tenantId, byAccount, source);
  const first = signed.chunks()[Symbol.asyncIterator]();
  const fields = Buffer.from((await first.next()).value ?? new Uint8Array()).toString();
  expect(fields).toContain(`bh=${hash.digest("base64")};`);
  expect(signed.size).toBe(source.size + fields.length);
});

const on = (authors: string[], mailFrom: string): string | null => decideSigner({ authors, mailFrom });

test("who signs is who wrote it; whoever forwards it never signs as its author", () => {
  expect(on(["agency.test"], "clerk@agency.test")).toBe("agency.test");
  expect(on(["agency.test"], "")).toBe("agency.test");
  expect(on([], "clerk@agency.test")).toBeNull();
  expect(on(["a.test", "b.test"], "x@a.test")).toBeNull();
  expect(on(["elsewhere.test"], "SRS0=HHH=TT=elsewhere.test=bob@agency.test")).toBe("agency.test");
  expect(on(["agency.test"], "SRS0=HHH=TT=elsewhere.test=bob@agency.test")).toBeNull();
  expect(on(["sub.agency.test"], "srs1+HHH=x@agency.test")).toBeNull();
});

test("a tenant's keys sign its own domains only", async () => {
  const plain = await textOf(await signOutgoing(signer, strangerId, byAccount, from("clerk@agency.test")));
  expect(plain).not.toContain("DKIM-Signature");
  expect(await signingKeysFor(rotation.signing, strangerId, "agency.test")).toEqual([]);
  expect(lines).toContainEqual(expect.objectContaining({ event: "dkim_unsigned", why: "no_key" }));
});

test("what comes from us is signed by us", async () => {
  const { tenancy } = platform;
  await ensureHouse(tenancy, "mail.hosted.test", "noreply-dmarc");
  await ensureHouse(tenancy, "mail.hosted.test", "noreply-dmarc");
  const preparer = new DomainPreparer(rotation);
  const notice = { submissionId: "n", mailFrom: "", accountId: null };
  const signed = await signOutgoing(
    { ...signer, preparer },
    tenantId,
    notice,
    from("mailer-daemon@mail.hosted.test"),
  );
  expect(await verdicts(await textOf(signed))).toEqual(["mail.hosted.test pass", "mail.hosted.test pass"]);
  // But nobody who signs in may borrow that.
  const borrowed = await signOutgoing(
    { ...signer, preparer },
    tenantId,
    byAccount,
    from("x@mail.hosted.test"),
  );
  expect(await textOf(borrowed)).not.toContain("DKIM-Signature");
});

test("the first mail of a domain is signed when the DNS shows its key, without a job", async () => {
  const id = await platform.tenant("fresh", "fresh.test");
  const preparer = new DomainPreparer(rotation);
  const message = { ...byAccount, mailFrom: "a@fresh.test" };
  const signed = await Promise.all(
    [1, 2].map(() => signOutgoing({ ...signer, preparer }, id, message, from("a@fresh.test"))),
  );
  for (const one of signed)
    expect(await verdicts(await textOf(one))).toEqual(["fresh.test pass", "fresh.test pass"]);
});

test("a DNS that never answers keeps the first mail of a domain waiting for a while, and no other", async () => {
  const id = await platform.tenant("silent", "silent.test");
  const preparer = new DomainPreparer({ ...rotation, lookUp: () => new Promise(() => undefined) });
  const message = { ...byAccount, mailFrom: "a@silent.test" };
  const clock = { now: Date.now() };
  const signing = { ...rotation.signing, clock: () => clock.now };
  const send = () => signOutgoing({ signing, log, preparer }, id, message, from("a@silent.test"));
  expect(await verdicts(await textOf(await send()))).toEqual(["undefined none"]);
  clock.now += 120_000;
  // Now nobody waits for it any more: it goes on behind.
  const late = new Promise((resolve) => setTimeout(resolve, 4_000, "late"));
  for (let i = 0; i < 5; i++)
    expect(await Promise.race([preparer.prepare(id, "silent.test").then(() => "at once"), late])).toBe(
      "at once",
    );
});

test("a name server that is away stops no mail and no other domain; the next visit goes on", async () => {
  const [a, b] = [await platform.tenant("one", "one.test"), await platform.tenant("two", "two.test")];
  let isAway = true;
  const told: string[] = [];
  const push: RotationDeps["push"] = (records) => {
    if (isAway && records[0]?.name.includes("one.test") === true) return Promise.reject(new Error("away"));
    told.push(...records.map((one) => one.name));
    return rotation.push?.(records) ?? Promise.resolve();
  };
  const job = dkimRotationJob({ ...rotation, push });
  await job.run(new AbortController().signal);
  const states = async (id: TenantId, domain: string): Promise<string[]> =>
    (await platform.db.tenant(id, (tx) => listDkimKeys(tx, domain))).map(
      (one) => `${one.state} ${one.pushedAt !== null}`,
    );
  expect(await states(a, "one.test")).toEqual(["published false", "published false"]);
  expect(await states(b, "two.test")).toEqual(["active true", "active true"]);
  isAway = false;
  await job.run(new AbortController().signal);
  expect(await states(a, "one.test")).toEqual(["active true", "active true"]);
  told.length = 0;
  await job.run(new AbortController().signal);
  expect(told).toEqual([]);
});

test("two processes that rotate at once make one key", async () => {
  const id = await platform.tenant("race", "race.test");
  await Promise.all([1, 2, 3].map(() => rotateDomain(rotation, id, "race.test")));
  const keys = await platform.db.tenant(id, (tx) => listDkimKeys(tx, "race.test"));
  expect(keys.map((one) => `${one.algorithm} ${one.slot} ${one.state}`)).toEqual([
    "rsa 1 active",
    "ed25519 1 active",
  ]);
  expect(
    await verdicts(await textOf(await signOutgoing(signer, id, byAccount, from("a@race.test")))),
  ).toHaveLength(2);
});

test("private keys lie in the database sealed, and are destroyed with their time", async () => {
  const rows = await platform.db.tenant(
    tenantId,
    (tx) => tx<{ wrapped: Uint8Array; public: string; algorithm: string }[]>`
      select wrapped_key as wrapped, public_key as public, algorithm from dkim_keys where tenant_id = ${tx.tenantId}`,
  );
  expect(rows).toHaveLength(2);
  const [key] = await signingKeysFor(rotation.signing, tenantId, "agency.test");
  for (const { wrapped } of rows)
    expect(Buffer.from(wrapped).includes(Buffer.from(key?.pkcs8 ?? []).subarray(30, 60))).toBe(false);
  const spki = createPublicKey({
    key: Buffer.from(rows.find((one) => one.algorithm === "rsa")?.public ?? "", "base64"),
    format: "der",
    type: "spki",
  });
  expect(spki.asymmetricKeyDetails?.modulusLength).toBe(2048);
  const data = Buffer.from("x");
  const signature = await crypto.subtle.sign(
    "RSASSA-PKCS1-v1_5",
    key?.key ?? (await Promise.reject(new Error("no key"))),
    data,
  );
  expect(verify("sha256", data, spki, Buffer.from(signature))).toBe(true);
});

/** What mailauth says of the chain. */
const check = async (message: string): Promise<string | undefined> => {
  const { arc } = await authenticate(Buffer.from(message), {
    ip: "192.0.2.1",
    helo: "x.test",
    mta: "y.test",
    sender: "bob@elsewhere.test",
    resolver,
  });
  return arc === false ? undefined : arc?.status.result;
};

test("a forward is sealed: who gets it can verify the chain", async () => {
  const seal = sealForwardWith(signer);
  const forward = { tenantId, domain: "agency.test", author: null };
  const content = from("bob@elsewhere.test");
  const results =
    "mx.agency.test; spf=pass smtp.mailfrom=elsewhere.test; dmarc=pass header.from=elsewhere.test; arc=none";
  const sealed = await textOf(await seal({ ...forward, content, results }));
  expect(sealed).toMatch(/^ARC-Seal: i=1;.*cv=none/s);
  expect(await check(sealed)).toBe("pass");
  const again = await textOf(
    await seal({ ...forward, content: bytes(sealed), results: results.replace("arc=none", "arc=pass") }),
  );
  expect(again).toMatch(/^ARC-Seal: i=2;.*cv=pass/s);
  expect(await check(again)).toBe("pass");
  // A chain that failed is not gone on with, and without a result or a key the message goes as it is.
  const failed = results.replace("arc=none", "arc=fail");
  for (const untouched of [
    { ...forward, content, results: failed },
    { ...forward, content, results: null },
    { ...forward, content, results, domain: "nowhere.test" },
  ])
    expect(await textOf(await seal(untouched))).toBe(await textOf(content));
});

test("a record longer than 255 octets is several strings in a zone file", () => {
  const line = zoneLine({ name: "a.test", type: "TXT", value: "x".repeat(300), ttl: 60 });
  expect(line).toBe(`a.test. 60 IN TXT "${"x".repeat(255)}" "${"x".repeat(45)}"`);
  expect(zoneLine({ name: "a.test", type: "CNAME", value: "b.test", ttl: 60 })).toBe(
    "a.test. 60 IN CNAME b.test.",
  );
});
