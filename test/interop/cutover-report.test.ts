import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { nodeResolver } from "../../smtp-relay/delivery/node-resolver.ts";
import { openDomainDnsWith } from "../../smtp-relay/domains/domain-dns.ts";
import { checkSpfWith } from "../../smtp-relay/domains/check-spf.ts";
import { cutoverJob } from "../../smtp-relay/jobs/cutover.ts";
import {
  addSamples,
  cutoverOf,
  type Cutovers,
  listSenders,
  setCutover,
  showCutover,
  takeCutoverBack,
  wantCutoverLook,
} from "../../src/domains/index.ts";
import { sourceOf } from "../../src/blob/index.ts";
import { deliver, prepareMessage } from "../../src/mailstore/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { insertRole } from "../../src/tenants/account.store.ts";
import { listAlerts, NotifyingQueueSignal } from "../../src/outbound/index.ts";
import { type DmarcReport, insertDmarcReport } from "../../src/reports/index.ts";
import { asOperator } from "../support/addresses.ts";
import { type Bind, startBind } from "../support/bind.ts";
import { cutoversOf, giveHosted } from "../support/moving-domain.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { needs } from "../support/programs.ts";
import { runProgram } from "../support/run-program.ts";
import { type Agency, newPeople } from "../support/smtp-relay.ts";

const DAY_MS = 86_400_000;

let platform: TestPlatform;
let agency: Agency;
let boss: Principal;
let bind: Bind;
let cutovers: Cutovers;
let run: () => Promise<void>;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

const ZONES = {
  "acme.test": [
    "@ 60 IN MX 10 mail",
    "mail 60 IN A 192.0.2.10",
    '@ 60 IN TXT "v=spf1 ip4:192.0.2.10 ip4:192.0.2.77 include:_spf.known.test -all"',
    '_dmarc 60 IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@reports.hosted.test"',
  ],
  "known.test": ['_spf 60 IN TXT "v=spf1 ip4:203.0.113.0/28 -all"', "out 60 IN A 203.0.113.5"],
  "hosted.test": ['_spf 60 IN TXT "v=spf1 ip4:203.0.113.200 -all"', "mx 60 IN A 203.0.113.200"],
  "sendgrid.net": ["o1 60 IN A 198.51.100.1"],
  "100.51.198.in-addr.arpa": ["1 60 IN PTR o1.sendgrid.net.", "2 60 IN PTR mail.google.com."],
  "113.0.203.in-addr.arpa": ["5 60 IN PTR out.known.test."],
};

beforeAll(async () => {
  platform = await testPlatform();
  agency = { slug: "acme", domain: "acme.test", tenantId: await platform.tenant("acme", "acme.test") };
  const [person] = await newPeople(platform, agency, [undefined]);
  if (person === undefined) throw new Error("nobody");
  boss = person;
  await platform.db.tenant(agency.tenantId, (tx) => insertRole(tx, boss.accountId, "owner"));
  await giveHosted(platform, agency, []);
  bind = await startBind(
    Object.fromEntries(Object.entries(ZONES).map(([zone, lines]) => [zone, lines.join("\n")])),
  );
  const queue = new NotifyingQueueSignal(platform.db, log);
  const { store, tenancy } = platform;
  cutovers = cutoversOf({ store, tenancy, queue, hostname: "mx.hosted.test" });
  const resolver = nodeResolver([{ host: "127.0.0.1", port: bind.port }]);
  const openDns = openDomainDnsWith({
    resolvers: [{ host: "127.0.0.1", port: bind.port }],
    privateHosts: true,
    port: bind.port,
  });
  const job = cutoverJob({
    cutovers,
    openDns,
    resolver,
    checkSpf: checkSpfWith(resolver, "mx.hosted.test"),
    log,
  });
  run = () => job.run(new AbortController().signal);
});
beforeEach((context) => {
  needs(context, "named");
  needs(context, "nsupdate");
});
afterAll(async () => {
  await bind?.[Symbol.asyncDispose]();
  await platform?.[Symbol.asyncDispose]();
});

/** A message in the mailbox of somebody of the agency. */
async function bringIn(text: string): Promise<void> {
  const { store } = platform;
  const message = await prepareMessage(store, agency.tenantId, sourceOf(Buffer.from(text)));
  const delivery = {
    accountId: boss.accountId,
    mailbox: { role: "archive" as const },
    flags: { bits: 0, keywords: [] },
    receivedAt: Date.now(),
  };
  await deliver(store, agency.tenantId, message, [delivery]);
}

const brought = (received: string): string =>
  `Received: ${received}\r\nReturn-Path: <x@acme.test>\r\nFrom: x@acme.test\r\nSubject: old\r\n\r\nText.\r\n`;

const source = (
  ip: string,
  messages: number,
  passed: { readonly dkim?: boolean; readonly spf?: boolean; readonly signedBy?: readonly string[] } = {},
): DmarcReport["sources"][number] => ({
  ip,
  messages,
  disposition: "none",
  dkimAligned: passed.dkim === true,
  spfAligned: passed.spf === true,
  signedBy: [...(passed.signedBy ?? [])],
  mailFrom: "acme.test",
});

const stateOf = async () => {
  const { cutover, returnDomain } = await cutoverOf(cutovers, agency.tenantId, agency.domain);
  return showCutover(cutovers, agency.domain, cutover, returnDomain);
};
const nsupdate = async (...lines: readonly string[]): Promise<void> => {
  const { name, algorithm, secret } = bind.key;
  const input = [`server 127.0.0.1 ${bind.port}`, "zone acme.test", ...lines, "send", ""].join("\n");
  const done = await runProgram("nsupdate", ["-y", `${algorithm}:${name}:${secret}`], { input });
  expect(done.code).toBe(0);
};
const look = async (): Promise<void> => {
  await wantCutoverLook(cutovers, asOperator(agency), agency.domain);
  await run();
};

test("of all who send in the name of a domain, the report names exactly the three whose mail would fail", async () => {
  const { tenantId, domain } = agency;
  const now = Date.now();
  await setCutover(cutovers, asOperator(agency), domain, {
    mode: "off",
    oldServer: "mail.acme.test",
    plannedSpf: "v=spf1 include:_spf.hosted.test include:_spf.known.test -all",
  });
  await platform.db.tenant(tenantId, async (tx) => {
    const policy = { p: "none", sp: "none", pct: 100 } as const;
    const head = {
      domain,
      org: "receiver.example",
      beginsAt: now - 2 * DAY_MS,
      endsAt: now - DAY_MS,
      policy,
    };
    const sources = [
      source("192.0.2.10", 5_000, { spf: true }),
      source("203.0.113.5", 300, { spf: true }),
      source("203.0.113.99", 80, { dkim: true, signedBy: ["acme.test"] }),
      // The three: a service that nobody told us of, a machine that is in the SPF record of today alone, and one in a sample.
      source("198.51.100.1", 200),
      source("192.0.2.77", 40, { spf: true }),
    ];
    expect(await insertDmarcReport(tx, { ...head, reportId: "1", sources }, now)).toBe(true);
    await addSamples(tx, domain, [
      {
        ip: "198.51.100.2",
        host: "scanner.acme.test",
        mailFrom: "acme.test",
        signedBy: [],
        at: now - DAY_MS,
      },
      { ip: "203.0.113.6", host: "", mailFrom: "acme.test", signedBy: [], at: now },
    ]);
  });
  // Old mail that somebody has brought in: of the scanner, and of a colleague who had signed in to the old server.
  const date = new Date(now - 3 * DAY_MS).toUTCString();
  await bringIn(
    brought(`from scanner.acme.test (unknown [198.51.100.2]) by mail.acme.test with ESMTP; ${date}`),
  );
  await bringIn(brought(`from laptop ([203.0.113.77]) by mail.acme.test with ESMTPSA id 1; ${date}`));
  await bringIn(
    brought(`from long.ago ([203.0.113.78]) by mail.acme.test with ESMTP; Sun, 22 Nov 2015 10:00:00 +0000`),
  );
  await run();
  const failing = await platform.db.tenant(tenantId, (tx) =>
    listSenders(tx, domain, { after: 0, limit: 10, onlyFailing: true }),
  );
  const short = failing.map(({ sender: { name, ips, messages, now: was, after, advice, hint } }) => [
    name,
    ips,
    messages,
    `${was} → ${after}`,
    advice,
    hint,
  ]);
  expect(short).toEqual([
    ["SendGrid", ["198.51.100.1"], 200, "fail → fail", "sign", "include:sendgrid.net"],
    ["192.0.2.77", ["192.0.2.77"], 40, "spf → fail", "keep_in_spf", "ip4:192.0.2.77"],
    // Its address claims the name of a provider, and the name does not lead back.
    ["scanner.acme.test", ["198.51.100.2"], 2, "fail → fail", "sign", "ip4:198.51.100.2"],
  ]);
  const { report, records } = await stateOf();
  expect(report).toMatchObject({ senders: 7, failing: 3, reports: 1, samples: 3 });
  expect(records.before).toEqual([
    { name: domain, type: "MX", value: "10 mail.acme.test" },
    { name: domain, type: "TXT", value: expect.stringContaining("ip4:192.0.2.77") },
    { name: `_dmarc.${domain}`, type: "TXT", value: expect.stringContaining("p=none") },
  ]);
  const all = await platform.db.tenant(tenantId, (tx) =>
    listSenders(tx, domain, { after: 0, limit: 10, onlyFailing: false }),
  );
  const advice = Object.fromEntries(all.map(({ sender }) => [sender.name, sender.advice]));
  expect(advice).toMatchObject({
    "192.0.2.10": "moves",
    "203.0.113.99": "nothing",
    "out.known.test": "nothing",
  });
});

test("nobody fails who passes now when the record is merged as we propose it", async () => {
  await setCutover(cutovers, asOperator(agency), agency.domain, { mode: "off", plannedSpf: null });
  expect((await stateOf()).records.after[1]?.value).toBe(
    "v=spf1 ip4:192.0.2.10 ip4:192.0.2.77 include:_spf.known.test include:_spf.hosted.test -all",
  );
  await run();
  const failing = await platform.db.tenant(agency.tenantId, (tx) =>
    listSenders(tx, agency.domain, { after: 0, limit: 10, onlyFailing: true }),
  );
  expect(failing.map(({ sender }) => sender.name)).toEqual(["SendGrid", "scanner.acme.test"]);
});

test("the switch is seen in the DNS, its end is reminded of once, and going back gives the records of before", async () => {
  const { domain, tenantId } = agency;
  await setCutover(cutovers, asOperator(agency), domain, { mode: "both" });
  await look();
  expect(await stateOf()).toMatchObject({ state: "shadow", switchedAt: null });
  await nsupdate("update delete acme.test MX", "update add acme.test 60 MX 10 mx.hosted.test.");
  await look();
  const switched = await stateOf();
  expect(switched).toMatchObject({
    state: "switched",
    mode: "both",
    records: { now: [{ value: "10 mx.hosted.test" }, {}, {}] },
  });
  expect(Date.parse(switched.rollbackUntil ?? "") - Date.now()).toBeGreaterThan(13 * DAY_MS);
  const told = () =>
    platform.db.tenant(
      tenantId,
      async (tx) =>
        (
          await tx`select 1 from alerts where tenant_id = ${tx.tenantId} and kind = 'cutover_ending' and subject = ${domain}`
        ).length,
    );
  expect(await told()).toBe(0);
  await platform.db.tenant(
    tenantId,
    async (tx) =>
      tx`update domain_cutovers set rollback_until = now() + interval '2 days' where tenant_id = ${tx.tenantId}`,
  );
  await look();
  await look();
  expect(await told()).toBe(1);
  expect(await platform.db.tenant(tenantId, (tx) => listAlerts(tx, 10))).toMatchObject([
    { kind: "cutover_ending" },
  ]);

  const enter = await takeCutoverBack(cutovers, asOperator(agency), domain);
  expect(enter).toEqual([{ name: domain, type: "MX", value: "10 mail.acme.test" }]);
  await run();
  // The MX still leads here: both sides get what comes.
  expect(await stateOf()).toMatchObject({ state: "back", mode: "both" });
  await nsupdate("update delete acme.test MX", "update add acme.test 60 MX 10 mail.acme.test.");
  await platform.db.tenant(
    tenantId,
    async (tx) => tx`update domain_cutovers set look_wanted_at = now() where tenant_id = ${tx.tenantId}`,
  );
  await run();
  expect(await stateOf()).toMatchObject({ state: "back", mode: "off" });
});
