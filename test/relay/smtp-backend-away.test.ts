import { randomFillSync } from "node:crypto";
import { expect, test } from "vitest";
import { newPlatform } from "../../host/platform.ts";
import { openDb } from "../../src/db/index.ts";
import { PASSWORD, testPlatform } from "../support/platform.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import { inboxOf, newPeople, startSmtpRelay, until } from "../support/smtp-relay.ts";
import { tcpCut } from "../support/tcp-cut.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const MESSAGE = Buffer.from("Subject: a\r\n\r\nb\r\n");

test("PostgreSQL goes away and comes back: 451 meanwhile, and the same connection goes on", async () => {
  await using platform = await testPlatform();
  const tenantId = await platform.tenant("acme", "acme.test");
  const [ann, ben] = await newPeople(platform, { slug: "acme", domain: "acme.test", tenantId }, [
    undefined,
    undefined,
  ]);
  if (ann === undefined || ben === undefined) throw new Error("nobody");
  const url = new URL(platform.database.appUrl);
  await using wire = await tcpCut({ host: url.hostname, port: Number(url.port) });
  Object.assign(url, { hostname: "127.0.0.1", port: String(wire.port) });
  const db = openDb({ url: url.href, max: 4 });
  const through = newPlatform({
    db,
    log: silent,
    clock: () => Date.now(),
    random: (length) => randomFillSync(new Uint8Array(length)),
    masterKey: new Uint8Array(32).fill(7),
    dataDir: platform.dataDir,
    hostedDomain: "hosted.test",
  });
  await using relay = await startSmtpRelay(
    { ...platform, ...through, db },
    { delivery: { pollMs: 100, leaseMs: 2_000 } },
  );
  const FROM = "x@other.test";

  const client = await relay.mx();
  expect((await client.send({ from: FROM, to: [ann.address] }, MESSAGE)).code).toBe(250);
  wire.cut();
  // Whoever was found a moment ago is let through RCPT, and the message waits with its sender.
  expect((await client.send({ from: FROM, to: [ann.address] }, MESSAGE)).text).toMatch(/^451 4\.3\.0/);
  expect((await client.send({ from: FROM, to: [ben.address] }, MESSAGE)).text).toMatch(/^451 4\.3\.0/);
  const sender = await SmtpClient.connect({ port: relay.ports.submission });
  await sender.command("EHLO client.test");
  const login = (): Promise<{ readonly text: string }> =>
    sender.command(`AUTH PLAIN ${btoa(`\0${ben.address}\0${PASSWORD}`)}`);
  expect((await login()).text).toMatch(/^454 4\.7\.0/);
  wire.mend();
  await until(async () => (await client.send({ from: FROM, to: [ann.address] }, MESSAGE)).code === 250);
  expect((await client.send({ from: FROM, to: [ben.address] }, MESSAGE)).code).toBe(250);
  expect((await login()).text).toMatch(/^235/);
  expect(
    (await sender.send({ from: ben.address, to: [ann.address] }, Buffer.from(`From: ${ben.address}\r\n\r\n`)))
      .code,
  ).toBe(250);
  await client.quit();
  await sender.quit();
  expect(await inboxOf(platform, ann)).toHaveLength(3);
  expect(await inboxOf(platform, ben)).toHaveLength(1);
  expect(relay.log.lines.filter((line) => line.event === "smtp_failed")).toEqual([]);
  await relay.stop();
  await db.close();
}, 30_000);
