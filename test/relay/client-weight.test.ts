import { afterAll, beforeAll, expect, test } from "vitest";
import { Rspamd } from "../../smtp-relay/scanners/rspamd.ts";
import { Scanners } from "../../smtp-relay/scanners/scanners.ts";
import { TraceQuery } from "../../src/contract/history.ts";
import { MailPolicy, type MailPolicyInput } from "../../src/contract/mail-policy.ts";
import { searchTraces } from "../../src/history/index.ts";
import { ALL_UIDS, listPlacements, readMailboxByRole } from "../../src/mailstore/index.ts";
import { type Principal, upsertMailPolicy } from "../../src/tenants/index.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { needs } from "../support/programs.ts";
import { startRspamd, WORDS } from "../support/rspamd.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import {
  type FakeDns,
  newPeople,
  type SmtpRelay,
  type SmtpRelayOptions,
  startSmtpRelay,
} from "../support/smtp-relay.ts";

const NAMELESS = "192.0.2.1";
const NAMED = "192.0.2.2";
const UNSURE = "192.0.2.3";
const DNS: FakeDns = {
  ptr: { [NAMED]: ["mail.named.test"], [NAMELESS]: ["liar.test"] },
  a: { "mail.named.test": [NAMED], "liar.test": ["192.0.2.99"] },
  txt: { "vouched.test": [`v=spf1 ip4:${NAMELESS} -all`], "hard.test": ["v=spf1 -all"] },
  fails: [UNSURE],
};

let platform: TestPlatform;
let count = 0;
beforeAll(async () => {
  platform = await testPlatform();
});
afterAll(() => platform[Symbol.asyncDispose]());

async function somebody(policy: MailPolicyInput = {}): Promise<Principal> {
  const slug = `w${++count}`;
  const agency = { slug, domain: `${slug}.test`, tenantId: await platform.tenant(slug, `${slug}.test`) };
  const wanted = MailPolicy.parse({ greylisting: false, ...policy });
  await platform.db.tenant(agency.tenantId, (tx) => upsertMailPolicy(tx, wanted));
  const [person] = await newPeople(platform, agency, [undefined]);
  if (person === undefined) throw new Error("nobody");
  return person;
}

const gated = (options: SmtpRelayOptions = {}): Promise<SmtpRelay> =>
  startSmtpRelay(platform, {
    dns: DNS,
    proxyFrom: ["127.0.0.1"],
    gate: { greetingDelayMs: 0, tarpitMs: 0 },
    ...options,
  });

interface Sent {
  readonly ip?: string;
  readonly helo?: string;
  readonly from?: string;
  readonly text?: string;
}

/** Sends a message through a proxy. @returns the mailbox that it went to */
async function sent(
  relay: SmtpRelay,
  { tenantId, accountId, address }: Principal,
  how: Sent,
): Promise<string> {
  const { ip = NAMELESS, helo = "localhost", from = "ann@other.test", text = "Hello." } = how;
  const client = await SmtpClient.connect({
    port: relay.ports.mx,
    preface: `PROXY TCP4 ${ip} 127.0.0.1 1 2\r\n`,
  });
  await client.command(`EHLO ${helo}`);
  const message = Buffer.from(`From: ${from}\r\nSubject: hello\r\n\r\n${text}\r\n`);
  const reply = await client.send({ from, to: [address] }, message);
  client.close();
  if (reply.code !== 250) return reply.text;
  const held = await platform.db.tenant(tenantId, async (tx) => {
    const found: string[] = [];
    for (const role of ["inbox", "junk"] as const) {
      const { id } = await readMailboxByRole(tx, accountId, role);
      const uids = (await listPlacements(tx, id, ALL_UIDS)).length;
      found.push(...Array.from({ length: uids }, () => role));
    }
    return found;
  });
  if (held.length !== 1) throw new Error(`it is there ${held.length} times`);
  return held[0] ?? "";
}

test("a client without a name that calls itself localhost, for a sender that nothing vouches for: Junk", async () => {
  await using relay = await gated();
  for (const from of ["ann@other.test", "ann@hard.test"])
    expect(await sent(relay, await somebody(), { from })).toBe("junk");
  const person = await somebody();
  expect(await sent(relay, person, {})).toBe("junk");
  const query = TraceQuery.parse({ recipient: person.address });
  const { lines } = await platform.db.tenant(person.tenantId, (tx) => searchTraces(tx, query));
  const detail = "no reverse name, HELO is a private name, nothing vouches for the sender";
  expect(lines).toMatchObject([
    { state: "filed", detail: { mailbox: "junk", reasons: [{ code: "client", detail }] } },
  ]);
});

test("whoever has a name, says who he is, or is vouched for, gets into the inbox", async () => {
  await using relay = await gated();
  const good: readonly Sent[] = [
    { ip: NAMED },
    { helo: "mail.client.test" },
    { from: "ann@vouched.test" },
    // Nobody knows whether it has a name: DNS does not answer.
    { ip: UNSURE },
  ];
  const where: unknown[] = [];
  for (const how of good) where.push([how, await sent(relay, await somebody(), how)]);
  expect(where).toEqual(good.map((how) => [how, "inbox"]));
  expect(await sent(relay, await somebody({ dmarc: "mark" }), {})).toBe("inbox");
});

test("who is known to be good, and who is on this machine, is not weighed", async () => {
  await using exempt = await gated({ gate: { greetingDelayMs: 0, tarpitMs: 0, exempt: [`${NAMELESS}/32`] } });
  expect(await sent(exempt, await somebody(), {})).toBe("inbox");
  await using relay = await gated();
  expect(await sent(relay, await somebody(), { ip: "127.0.0.1" })).toBe("inbox");
});

test("with Rspamd it is added to the score", async (context) => {
  needs(context, "rspamd", "redis-server");
  await using daemon = await startRspamd();
  const rspamd = new Rspamd(daemon);
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const scanners = new Scanners({ log, clock: platform.store.clock }, { rspamd, clamd: null });
  await using relay = await gated({ scanners });
  const policy = { spam: { junkAt: 9, quarantineAt: null, rejectAt: null } };
  const doubtful = { text: `Hello ${WORDS.junk}.` };
  const weighed = async (how: Sent): Promise<string> => sent(relay, await somebody(policy), how);
  expect(await weighed(doubtful)).toBe("junk");
  expect(await weighed({ ...doubtful, ip: NAMED, helo: "mail.named.test" })).toBe("inbox");
  expect(await weighed({ ...doubtful, from: "ann@vouched.test" })).toBe("inbox");
  // What the filter finds clean stays so, whoever brings it.
  expect(await weighed({})).toBe("inbox");
  rspamd.close();
});
