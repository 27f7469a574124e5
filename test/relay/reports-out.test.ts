import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { postReport } from "../../smtp-relay/jobs/report-post.ts";
import { isPublic } from "../../smtp-relay/public-lookup.ts";
import { DnsError } from "../../src/dns/index.ts";
import { recordTlsResults, type TlsResult } from "../../src/outbound/index.ts";
import { type DmarcResult } from "../../src/reports/dmarc-result.store.ts";
import {
  DmarcCounter,
  type ReportSenderDeps,
  sendDmarcReports,
  sendTlsReports,
} from "../../src/reports/index.ts";
import { readReport } from "../../src/reports/read-report.ts";
import { upsertReportBounces } from "../../src/reports/sent-report.store.ts";
import { ensureHouse, HOUSE_TENANT } from "../../src/tenants/index.ts";
import { type FakeMx, startFakeMx } from "../support/fake-mx.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { HOSTNAME, type SmtpRelay, startSmtpRelay, until } from "../support/smtp-relay.ts";

const DAY_MS = 86_400_000;
const dayOf = (ago: number): string => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10);

let platform: TestPlatform;
let relay: SmtpRelay;
let mx: FakeMx;
let deps: ReportSenderDeps;
/** TXT records by name; "fail": no answer. */
const texts = new Map<string, string[] | "fail">();
const lines: { event: string; [field: string]: unknown }[] = [];
const keep = (event: string, fields: object = {}): void => void lines.push({ event, ...fields });
const log = { info: keep, warn: keep, error: keep };
/** URLs that are broken no more. */
const repaired = new Set<string>();
const posted: { url: string; type: string; content: Uint8Array }[] = [];

beforeAll(async () => {
  platform = await testPlatform();
  mx = await startFakeMx();
  const domains = ["a.test", "b.test", "c.test", "elsewhere.test", "collector.test", "big.test", "t.test"];
  relay = await startSmtpRelay(platform, {
    dns: {
      mx: Object.fromEntries(domains.map((name) => [name, [{ exchange: "mx.elsewhere.test", priority: 1 }]])),
      a: { "mx.elsewhere.test": ["127.0.0.1"] },
    },
    delivery: { port: mx.port },
  });
  deps = {
    outbound: relay.outbound,
    resolver: {
      txt: (name) => {
        const found = texts.get(name);
        if (found === "fail") return Promise.reject(new DnsError("ESERVFAIL", name));
        return Promise.resolve(found ?? []);
      },
    },
    log,
    house: await ensureHouse(platform.tenancy, HOSTNAME, "noreply-dmarc"),
    senderLocal: "noreply-dmarc",
    post: (url, type, content) => {
      posted.push({ url, type, content });
      return url.includes("broken") && !repaired.has(url)
        ? Promise.reject(new Error("500"))
        : Promise.resolve();
    },
  };
});
afterAll(async () => {
  await relay.stop();
  await mx[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});
beforeEach(() => {
  texts.clear();
  mx.taken.length = 0;
  posted.length = 0;
});

type Counted = Pick<DmarcResult, "policyDomain" | "policy" | "record">;
const counted = (domain: string, ip: string, isPass: boolean): Counted => ({
  policyDomain: domain,
  policy: { adkim: "r", aspf: "s", p: "reject", sp: "none", pct: 100 },
  record: {
    ip,
    disposition: isPass ? "none" : "reject",
    dkim: isPass ? "pass" : "fail",
    spf: "fail",
    headerFrom: `sub.${domain}`,
    envelopeFrom: "bounce.test",
    signatures: isPass ? [{ domain, selector: "s<1>", result: "pass" }] : [],
    spfResult: { domain: "bounce.test", scope: "mfrom", result: "softfail" },
  },
});

/** Counts as the relay did yesterday. */
async function count(
  domain: string,
  times: readonly (readonly [ip: string, isPass: boolean, n: number])[],
): Promise<void> {
  const counter = new DmarcCounter({ db: platform.db, clock: () => Date.now() - DAY_MS, log });
  for (const [ip, isPass, n] of times) for (let i = 0; i < n; i++) counter.add(counted(domain, ip, isPass));
  await counter.stop();
}
const run = () => sendDmarcReports(deps, new AbortController().signal);
const taken = (n: number) =>
  until(
    async () => mx.taken.length >= n && mx.taken.toSorted((a, b) => (a.to.join() < b.to.join() ? -1 : 1)),
  );

/** The attachment, unpacked. */
function attached(octets: Buffer): string {
  const encoded = /Content-Transfer-Encoding: base64\r\n\r\n([A-Za-z0-9+/=\r\n]+)\r\n--/.exec(
    octets.toString("latin1"),
  )?.[1];
  return gunzipSync(Buffer.from(encoded ?? "", "base64")).toString();
}

test("a domain that asks for it gets one report of yesterday, which says what was found", async () => {
  texts.set("_dmarc.a.test", ["v=DMARC1; p=reject; rua=mailto:Reports@A.test!10m"]);
  await count("a.test", [
    ["192.0.2.1", true, 3],
    ["192.0.2.2", false, 2],
  ]);
  await count("a.test", [["192.0.2.1", true, 4]]);
  expect(await run()).toBe(1);
  const [mail] = await taken(1);
  expect(mail).toMatchObject({ from: "noreply-dmarc@reports.hosted.test", to: ["Reports@a.test"] });
  const text = mail?.octets.toString("latin1") ?? "";
  expect(text).toContain(
    "Subject: Report Domain: a.test\r\n Submitter: reports.hosted.test\r\n Report-ID: <",
  );
  expect(text).toMatch(/filename="reports\.hosted\.test!a\.test!\d+!\d+\.xml\.gz"/);
  expect(text).toContain("Auto-Submitted: auto-generated");
  const xml = attached(mail?.octets ?? Buffer.alloc(0));
  expect(xml).toContain("<selector>s&lt;1&gt;</selector>");
  const begin = Date.parse(`${dayOf(1)}T00:00:00Z`);
  expect(readReport(Buffer.from(xml))).toMatchObject({
    kind: "dmarc",
    report: {
      domain: "a.test",
      org: "reports.hosted.test",
      beginsAt: begin,
      endsAt: begin + DAY_MS - 1000,
      policy: { p: "reject", sp: "none", pct: 100 },
      sources: [
        {
          ip: "192.0.2.1",
          messages: 7,
          disposition: "none",
          dkimAligned: true,
          signedBy: ["a.test"],
          mailFrom: "bounce.test",
        },
        { ip: "192.0.2.2", messages: 2, disposition: "reject", dkimAligned: false },
      ],
    },
  });
  expect(await run()).toBe(0);
  expect(mx.taken).toHaveLength(1);
});

test("a target elsewhere gets it only if it says so itself", async () => {
  texts.set("_dmarc.b.test", [
    "v=DMARC1; p=none; rua=mailto:x@collector.test, mailto:victim@elsewhere.test,mailto:sub@in.b.test",
  ]);
  texts.set("b.test._report._dmarc.collector.test", ["v=DMARC1;"]);
  texts.set("b.test._report._dmarc.elsewhere.test", ["some other text"]);
  await count("b.test", [["192.0.2.1", true, 1]]);
  expect(await run()).toBe(2);
  const got = await until(async () => mx.taken.find((one) => one.to.includes("x@collector.test")));
  expect(got.to).toEqual(["x@collector.test"]);
  expect(mx.taken.some((one) => one.to.includes("victim@elsewhere.test"))).toBe(false);
});

test("nobody gets one about mail of which all failed, who sent one back, or who asks for smaller ones", async () => {
  texts.set("_dmarc.elsewhere.test", ["v=DMARC1; p=none; rua=mailto:r@elsewhere.test"]);
  texts.set("_dmarc.collector.test", ["v=DMARC1; p=none; rua=mailto:R@collector.test"]);
  texts.set("_dmarc.big.test", ["v=DMARC1; p=none; rua=mailto:r@big.test!10"]);
  await platform.db.tenant(HOUSE_TENANT, (tx) =>
    upsertReportBounces(tx, ["mailto:r@collector.test"], Date.now()),
  );
  await count("elsewhere.test", [["192.0.2.9", false, 50]]);
  await count("collector.test", [["192.0.2.9", true, 1]]);
  await count("big.test", [["192.0.2.9", true, 1]]);
  await count("silent.test", [["192.0.2.9", true, 1]]);
  expect(await run()).toBe(0);
  expect(lines.filter((one) => one.event === "report_skipped").map((one) => one["why"])).toEqual([
    "size",
    "bounced",
  ]);
});

test("what DNS can't answer is tried again, and who has it gets no second one", async () => {
  texts.set("_dmarc.c.test", ["v=DMARC1; p=none; rua=mailto:one@c.test,mailto:two@collector.test"]);
  texts.set("c.test._report._dmarc.collector.test", "fail");
  await count("c.test", [["192.0.2.1", true, 1]]);
  expect(await run()).toBe(0);
  texts.set("c.test._report._dmarc.collector.test", ["v=DMARC1"]);
  // Two processes at once, as when a lease ran out.
  const counts = await Promise.all([run(), run()]);
  expect(counts[0] + counts[1]).toBe(2);
  await taken(2);
  expect(mx.taken.map((one) => one.to[0] ?? "").toSorted((a, b) => a.localeCompare(b))).toEqual([
    "one@c.test",
    "two@collector.test",
  ]);
});

test("a process that dies while it sends has sent a report, or not: never twice", async () => {
  texts.set("_dmarc.t.test", ["v=DMARC1; p=none; rua=mailto:one@t.test,mailto:two@t.test"]);
  await count("t.test", [["192.0.2.1", true, 1]]);
  let queued = 0;
  const dying: ReportSenderDeps = {
    ...deps,
    log: {
      ...log,
      info: (event) => {
        if (event === "report_sent") throw new Error("killed");
      },
    },
    outbound: {
      ...deps.outbound,
      queue: { ...deps.outbound.queue, wake: () => void (queued += 1), onWake: () => () => undefined },
    },
  };
  await expect(sendDmarcReports(dying, new AbortController().signal)).rejects.toThrow("killed");
  expect(queued).toBe(2);
  expect(await run()).toBe(0);
  await taken(2);
  expect(mx.taken).toHaveLength(2);
});

const send = () => sendTlsReports(deps, new AbortController().signal);

test("reports about TLS go by mail and by HTTPS, once", async () => {
  const result = (more: Partial<TlsResult>): TlsResult => ({
    day: dayOf(1),
    policyDomain: "t.test",
    policyType: "sts",
    policyString: ["version: STSv1", "mode: enforce"],
    mxPatterns: ["*.t.test"],
    mxHost: "mx.t.test",
    mxIp: "192.0.2.7",
    sendingIp: "192.0.2.8",
    resultType: "success",
    reason: "",
    count: 5,
    ...more,
  });
  const failed = result({ resultType: "certificate-expired", reason: "expired", count: 2 });
  const other = result({ policyDomain: "silent.test" });
  await platform.db.system("a test", (tx) => recordTlsResults(tx, [result({}), failed, other]));
  texts.set("_smtp._tls.t.test", [
    "v=TLSRPTv1; rua=mailto:tls@t.test,https://t.test/in,https://broken.test/in",
  ]);
  expect(await send()).toBe(2);
  const [mail] = await taken(1);
  const text = mail?.octets.toString("latin1") ?? "";
  expect(text).toContain("TLS-Report-Domain: t.test\r\nTLS-Report-Submitter: reports.hosted.test\r\n");
  expect(text).toContain('Content-Type: multipart/report; report-type="tlsrpt"');
  const json: unknown = JSON.parse(attached(mail?.octets ?? Buffer.alloc(0)));
  expect(json).toMatchObject({
    "organization-name": "reports.hosted.test",
    "date-range": { "start-datetime": `${dayOf(1)}T00:00:00Z` },
    policies: [
      {
        policy: { "policy-type": "sts", "policy-domain": "t.test", "mx-host": ["*.t.test"] },
        summary: { "total-successful-session-count": 5, "total-failure-session-count": 2 },
        "failure-details": [
          {
            "result-type": "certificate-expired",
            "receiving-mx-hostname": "mx.t.test",
            "failed-session-count": 2,
          },
        ],
      },
    ],
  });
  expect(posted.map(({ url, type }) => `${url} ${type}`)).toEqual([
    "https://t.test/in application/tlsrpt+gzip",
    "https://broken.test/in application/tlsrpt+gzip",
  ]);
  expect(JSON.parse(gunzipSync(posted[0]?.content ?? Buffer.alloc(0)).toString())).toEqual(json);
  // Who did not take it is asked again, and nobody else; on the next day no more.
  expect(await send()).toBe(0);
  expect(posted.slice(2).map((one) => one.url)).toEqual(["https://broken.test/in"]);
  repaired.add("https://broken.test/in");
  expect(await send()).toBe(1);
  expect(await send()).toBe(0);
  expect(posted).toHaveLength(4);
  await platform.db.system("a test", (tx) =>
    recordTlsResults(tx, [result({ day: dayOf(2), policyDomain: "late.test" })]),
  );
  texts.set("_smtp._tls.late.test", ["v=TLSRPTv1; rua=https://broken.late.test/in"]);
  for (let i = 0; i < 3; i++) expect(await send()).toBe(0);
  expect(posted).toHaveLength(5);
});

test("a report is put to hosts of the Internet only", async () => {
  for (const ip of [
    "127.0.0.1",
    "10.1.2.3",
    "192.168.0.1",
    "169.254.169.254",
    "::1",
    "fe80::1",
    "fd00::1",
    "::ffff:10.0.0.1",
    "0.0.0.0",
    "100.64.0.1",
    "x",
  ])
    expect([ip, isPublic(ip)]).toEqual([ip, false]);
  expect(isPublic("9.9.9.9") && isPublic("2620:fe::fe")).toBe(true);
  for (const url of ["https://127.0.0.1/x", "https://[::1]/x", "https://localhost:1/x"])
    await expect(postReport(url, "a/b", new Uint8Array())).rejects.toThrow(/address/);
});
