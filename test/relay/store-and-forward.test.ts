import { randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeCipher } from "../../host/node-cipher.ts";
import { newPlatform } from "../../host/platform.ts";
import { fileSpooled } from "../../smtp-relay/store-and-forward/file-spooled.ts";
import { type Envelope, MessageSpool } from "../../smtp-relay/store-and-forward/message-spool.ts";
import { sourceOf } from "../../src/blob/index.ts";
import { openDb } from "../../src/db/index.ts";
import { TraceId } from "../../src/history/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { disableAccount } from "../support/disable-account.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import { inboxOf, newPeople, startSmtpRelay, until } from "../support/smtp-relay.ts";
import { tcpCut } from "../support/tcp-cut.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const FROM = "x@other.test";
const message = (n: number): Buffer =>
  Buffer.from(`Subject: number ${n}\r\nMessage-ID: <${n}@other.test>\r\n\r\nb\r\n`);

/** A platform whose wire to PostgreSQL can be cut. */
async function onAWire(platform: TestPlatform) {
  const url = new URL(platform.database.appUrl);
  const wire = await tcpCut({ host: url.hostname, port: Number(url.port) });
  Object.assign(url, { hostname: "127.0.0.1", port: String(wire.port) });
  const db = openDb({ url: url.href, max: 4 });
  const parts = newPlatform({
    db,
    log: silent,
    clock: () => Date.now(),
    random: (length) => randomFillSync(new Uint8Array(length)),
    masterKey: new Uint8Array(32).fill(7),
    dataDir: platform.dataDir,
    hostedDomain: "hosted.test",
  });
  return { wire, platform: { ...platform, ...parts, db }, close: () => db.close() };
}

test("mail for people who were found lately is taken while PostgreSQL is away, by a relay that starts anew too, and filed once", async () => {
  await using platform = await testPlatform();
  const tenantId = await platform.tenant("acme", "acme.test");
  const [ann, ben, cat] = await newPeople(platform, { slug: "acme", domain: "acme.test", tenantId }, [
    undefined,
    undefined,
    undefined,
  ]);
  if (ann === undefined || ben === undefined || cat === undefined) throw new Error("nobody");
  const dataDir = mkdtempSync(join(tmpdir(), "angelia-keeping-"));
  const line = await onAWire(platform);
  await using wire = line.wire;
  const relay = await startSmtpRelay(line.platform, { keeping: { dataDir } });
  const client = await relay.mx();
  for (const to of [ann, ben])
    expect((await client.send({ from: FROM, to: [to.address] }, message(0))).code).toBe(250);

  wire.cut();
  // The first one still finds the database gone by itself; then nobody waits for it any more.
  const answers: string[] = [];
  for (let n = 1; n <= 10; n++) {
    answers.push((await client.send({ from: FROM, to: [ann.address, ben.address] }, message(n))).text);
  }
  const taken = answers.filter((text) => text.startsWith("250 2.0.0")).length;
  const refused = answers.filter((text) => text.startsWith("451 4.3.0")).length;
  expect(taken + refused).toBe(10);
  expect(taken).toBeGreaterThanOrEqual(9);
  // Nobody knows yet whether Cat is here, and a stranger's mail is not relayed.
  for (const stranger of [cat.address, "who@elsewhere.test"])
    expect((await client.send({ from: FROM, to: [stranger] }, message(99))).text).toMatch(/^451 4\.3\.0/);
  expect(await inboxOf(platform, ann)).toHaveLength(1);
  await client.quit();
  await relay.stop();

  await using again = await startSmtpRelay(line.platform, { keeping: { dataDir } });
  const later = await again.mx();
  await until(async () => (await later.send({ from: FROM, to: [ann.address] }, message(50))).code === 250);
  await later.quit();
  wire.mend();
  await until(async () => (await inboxOf(platform, ann)).length === taken + 2);
  await until(() =>
    Promise.resolve(
      again.log.lines.filter((one) => one.event === "spooled_message_filed").length === taken + 1,
    ),
  );
  expect(await inboxOf(platform, ben)).toHaveLength(taken + 1);
  expect(
    new MessageSpool(
      join(dataDir, "store-and-forward", "messages"),
      { key: new Uint8Array(32).fill(5), cipher: nodeCipher },
      1e9,
    ).list(),
  ).toEqual([]);
  await again.stop();
  await line.close();
  rmSync(dataDir, { recursive: true, force: true });
}, 60_000);

async function spooled(
  tenantId: TenantId,
  to: readonly string[],
  kind: "inbox" | "junk" | "quarantine",
): Promise<{
  readonly id: string;
  readonly envelope: Envelope;
  readonly content: ReturnType<typeof sourceOf>;
}> {
  return {
    id: "0b0e7a52-6f3e-4cf1-9a1e-2f6f3f1d7a10",
    envelope: {
      traceId: TraceId.parse("0190f000-0000-7000-8000-00000000000a"),
      clientIp: "192.0.2.1",
      mailFrom: FROM,
      envid: null,
      ret: null,
      requireTls: false,
      isProven: false,
      recipients: to.map((address) => ({ address, orcpt: null, notify: null, tenantId })),
      verdicts: [{ tenantId, kind, reasons: [{ code: "spam", detail: "13" }] }],
      trace: "Received: from other.test\r\n",
      receivedAt: Date.now(),
    },
    content: sourceOf(message(1)),
  };
}

test.for(["inbox", "junk", "quarantine"] as const)(
  "a relay that dies before it has removed a file files it again: %s has it once, and who has gone is told of once",
  async (kind) => {
    await using platform = await testPlatform();
    const tenantId = await platform.tenant("acme", "acme.test");
    const agency = { slug: "acme", domain: "acme.test", tenantId };
    const [ann, gone] = await newPeople(platform, agency, [undefined, undefined]);
    if (ann === undefined || gone === undefined) throw new Error("nobody");
    await disableAccount(platform, gone);
    await using relay = await startSmtpRelay(platform);
    const kept = await spooled(tenantId, [ann.address, gone.address, "never@acme.test"], kind);
    // Twice at once, and once more: as after a crash, with the first transaction still on its way.
    await Promise.all([fileSpooled(relay, kept), fileSpooled(relay, kept)]);
    await fileSpooled(relay, kept);
    const counts = await platform.db.tenant(
      tenantId,
      (tx) => tx<{ placed: number; held: number; notices: number; told: number }[]>`
        select (select count(*)::int from placements) as placed,
          (select count(*)::int from quarantined_messages) as held,
          (select count(*)::int from submissions where mail_from = '' and account_id is null) as notices,
          (select count(*)::int from outbound_recipients where address = ${FROM}) as told`,
    );
    expect(counts).toEqual([
      { placed: kind === "quarantine" ? 0 : 1, held: kind === "quarantine" ? 1 : 0, notices: 1, told: 1 },
    ]);
  },
);

test("a promise is kept though the mailbox has become full meanwhile", async () => {
  await using platform = await testPlatform();
  const tenantId = await platform.tenant("acme", "acme.test");
  const [ann] = await newPeople(platform, { slug: "acme", domain: "acme.test", tenantId }, [10]);
  if (ann === undefined) throw new Error("nobody");
  await using relay = await startSmtpRelay(platform);
  await fileSpooled(relay, await spooled(tenantId, [ann.address], "inbox"));
  expect(await inboxOf(platform, ann)).toHaveLength(1);
});
