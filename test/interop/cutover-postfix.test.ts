import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ALL_UIDS, listPlacements, readMailboxByRole } from "../../src/mailstore/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { messageFrom, sendIn, worldOf } from "../support/addresses.ts";
import { giveHosted, split } from "../support/moving-domain.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { type Postfix, postfixUnavailable, startPostfix } from "../support/postfix-mx.ts";
import { needs } from "../support/programs.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import { type Agency, newPeople, type SmtpRelay, startSmtpRelay, until } from "../support/smtp-relay.ts";

const unavailable = postfixUnavailable();

let platform: TestPlatform;
let agency: Agency;
let anna: Principal;
let relay: SmtpRelay;
let postfix: Postfix;

beforeAll(async () => {
  if (unavailable !== undefined) return;
  platform = await testPlatform();
  agency = { slug: "acme", domain: "acme.test", tenantId: await platform.tenant("acme", "acme.test") };
  const [person] = await newPeople(platform, agency, [undefined]);
  if (person === undefined) throw new Error("nobody");
  anna = person;
  const hosted = await giveHosted(platform, agency, [anna]);
  relay = await startSmtpRelay(platform, {
    dns: worldOf("remote.test"),
    delivery: { pollMs: 100, privateRelays: true },
  });
  // The old server, as its administrator has prepared it: everybody's mail stays, and is sent on to the addresses from us.
  postfix = await startPostfix({
    domains: [agency.domain],
    listens: { "127.0.0.1": null },
    relays: { [hosted]: relay.ports.mx },
    aliases: { [anna.address]: [anna.address, anna.address.replace(agency.domain, hosted)] },
  });
});
beforeEach((context) => {
  needs(context, "postfix");
  if (unavailable !== undefined) context.skip(unavailable);
});
afterAll(async () => {
  await postfix?.[Symbol.asyncDispose]();
  await relay?.stop();
  await platform?.[Symbol.asyncDispose]();
});

const here = (): Promise<number> =>
  platform.db.tenant(anna.tenantId, async (tx) => {
    const box = await readMailboxByRole(tx, anna.accountId, "inbox");
    return (await listPlacements(tx, box.id, ALL_UIDS)).length;
  });
/** Postfix has handed over so many messages to us. */
const forwarded = (messages: number) =>
  until(async () => (postfix.log().match(/status=sent \(250 2\.0\.0/g)?.length ?? 0) >= messages);
const subjects = (): string[] =>
  postfix
    .taken()
    .map((text) => /^Subject: (.*)$/m.exec(text)?.[1] ?? "")
    .toSorted();

test("before the MX changes, mail reaches both sides through the old server; after it, through us: once on each side", async () => {
  await split(relay.outbound, agency, "both", postfix.port);
  const client = await SmtpClient.connect({ port: postfix.port });
  await client.command("EHLO client.test");
  const first = await client.send(
    { from: "someone@remote.test", to: [anna.address] },
    messageFrom("someone@remote.test", "before"),
  );
  expect(first.text).toMatch(/^250 /);
  client.close();
  await forwarded(1);
  expect([await here(), subjects()]).toEqual([1, ["before"]]);

  const octets = messageFrom("someone@remote.test", "after");
  expect(await sendIn(relay, [anna.address], { octets })).toMatch(/^250 /);
  // The copy reaches Postfix, which sends it on to us as it does with all mail: it is known here.
  await forwarded(2);
  expect([await here(), subjects()]).toEqual([2, ["after", "before"]]);

  // Somebody who has not moved yet.
  const late = messageFrom("someone@remote.test", "late");
  expect(await sendIn(relay, [`late@${agency.domain}`], { octets: late })).toMatch(/^250 /);
  await until(async () => subjects().includes("late"));
  expect([await here(), subjects()]).toEqual([2, ["after", "before", "late"]]);
});
