import { afterAll, beforeAll, expect, test } from "vitest";
import type { DmarcOverview, TlsOverview } from "../../src/contract/reports.ts";
import {
  type DmarcReport,
  insertDmarcReport,
  insertTlsReport,
  type TlsReport,
} from "../../src/reports/index.ts";
import { insertRole } from "../../src/tenants/account.store.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

const DAY_MS = 86_400_000;
const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const day = (ago: number): string => new Date(today - ago * DAY_MS).toISOString().slice(0, 10);

let edge: TestEdge;
let admin: Person;
let domain: string;
beforeAll(async () => {
  edge = await startEdge();
  ({ domain } = await edge.tenant());
  admin = await newAdmin(domain);
});
afterAll(() => edge[Symbol.asyncDispose]());

async function newAdmin(of: string): Promise<Person> {
  const person = await edge.person(of);
  const { tenantId, accountId } = person.principal;
  await edge.runtime.store.db.tenant(tenantId, (tx) => insertRole(tx, accountId, "admin"));
  return person;
}

type Source = DmarcReport["sources"][number];
const source = (ip: string, messages: number, more: Partial<Source> = {}): Source => ({
  ip,
  messages,
  disposition: "none",
  dkimAligned: true,
  spfAligned: true,
  signedBy: [domain],
  mailFrom: domain,
  ...more,
});
const dmarc = (reportId: string, ago: number, sources: readonly Source[]): DmarcReport => ({
  domain,
  org: "receiver.test",
  reportId,
  beginsAt: today - ago * DAY_MS,
  endsAt: today - ago * DAY_MS + DAY_MS - 1,
  policy: { p: "reject", sp: "none", pct: 100 },
  sources,
});
const file = (report: DmarcReport, as = admin): Promise<boolean> =>
  edge.runtime.store.db.tenant(as.principal.tenantId, (tx) => insertDmarcReport(tx, report, Date.now()));

test("reports of several days are one view by day and by source", async () => {
  const forged = source("2001:db8::5", 7, {
    disposition: "reject",
    dkimAligned: false,
    spfAligned: false,
    signedBy: ["spam.test", "more.test"],
    mailFrom: "spam.test",
  });
  expect(await file(dmarc("a", 2, [source("192.0.2.1", 10), forged]))).toBe(true);
  expect(await file(dmarc("b", 1, [source("192.0.2.1", 5, { spfAligned: false, signedBy: [] })]))).toBe(true);
  // The same once more, and one that is older than what is asked for.
  expect(await file(dmarc("a", 2, [source("192.0.2.9", 100)]))).toBe(false);
  expect(await file(dmarc("old", 40, [source("192.0.2.8", 3)]))).toBe(true);
  const res = await admin.fetch(`/v1/reports/dmarc?domain=${domain}`);
  expect(res.status).toBe(200);
  expect(await res.json<DmarcOverview>()).toEqual({
    domain,
    from: day(29),
    to: day(0),
    reports: 2,
    totals: { messages: 22, passed: 15, failed: 7 },
    days: [
      { day: day(2), passed: 10, failed: 7 },
      { day: day(1), passed: 5, failed: 0 },
    ],
    sources: [
      {
        ip: "192.0.2.1",
        messages: 15,
        passed: 15,
        failed: 0,
        dkimAligned: 15,
        spfAligned: 10,
        none: 15,
        quarantine: 0,
        reject: 0,
        signedBy: [domain],
        mailFrom: [domain],
        lastDay: day(1),
      },
      {
        ip: "2001:db8::5",
        messages: 7,
        passed: 0,
        failed: 7,
        dkimAligned: 0,
        spfAligned: 0,
        none: 0,
        quarantine: 0,
        reject: 7,
        signedBy: ["more.test", "spam.test"],
        mailFrom: ["spam.test"],
        lastDay: day(2),
      },
    ],
    reporters: [{ org: "receiver.test", reports: 2 }],
    policy: { p: "reject", sp: "none", pct: 100 },
  });
  const year = await admin.fetch(`/v1/reports/dmarc?domain=${domain}&days=366`);
  expect((await year.json<DmarcOverview>()).totals.messages).toBe(25);
});

test("TLS reports tell what went wrong, and where", async () => {
  const report: TlsReport = {
    domain,
    org: "receiver.test",
    reportId: "t1",
    beginsAt: today - DAY_MS,
    endsAt: today - 1,
    succeeded: 90,
    failed: 12,
    failures: [
      { type: "certificate-expired", receivingHost: "mx.hosted.test", sessions: 10 },
      { type: "starttls-not-supported", receivingHost: "", sessions: 2 },
    ],
  };
  const { tenantId } = admin.principal;
  const { db } = edge.runtime.store;
  expect(await db.tenant(tenantId, (tx) => insertTlsReport(tx, report, Date.now()))).toBe(true);
  expect(await db.tenant(tenantId, (tx) => insertTlsReport(tx, report, Date.now()))).toBe(false);
  const res = await admin.fetch(`/v1/reports/tls?domain=${domain}&days=7`);
  expect(await res.json<TlsOverview>()).toEqual({
    domain,
    from: day(6),
    to: day(0),
    reports: 1,
    totals: { sessions: 102, succeeded: 90, failed: 12 },
    days: [{ day: day(1), succeeded: 90, failed: 12 }],
    failures: [
      {
        type: "certificate-expired",
        receivingHost: "mx.hosted.test",
        sessions: 10,
        orgs: ["receiver.test"],
        lastDay: day(1),
      },
      {
        type: "starttls-not-supported",
        receivingHost: "",
        sessions: 2,
        orgs: ["receiver.test"],
        lastDay: day(1),
      },
    ],
    reporters: [{ org: "receiver.test", reports: 1 }],
  });
});

test("a domain without reports is an empty view", async () => {
  const fresh = (await edge.tenant()).domain;
  const owner = await newAdmin(fresh);
  const view = await (await owner.fetch(`/v1/reports/dmarc?domain=${fresh}`)).json<DmarcOverview>();
  expect(view).toMatchObject({ reports: 0, days: [], sources: [], reporters: [], policy: null });
  expect(view.totals).toEqual({ messages: 0, passed: 0, failed: 0 });
  const tls = await (await owner.fetch(`/v1/reports/tls?domain=${fresh}`)).json<TlsOverview>();
  expect(tls).toMatchObject({ reports: 0, days: [], failures: [], totals: { sessions: 0 } });
});

test("nonsense is refused, and so are the domains of others", async () => {
  for (const query of [
    "",
    "?domain=",
    `?domain=${domain}&days=0`,
    `?domain=${domain}&days=x`,
    "?domain=a%20b",
  ])
    expect({ query, status: (await admin.fetch(`/v1/reports/dmarc${query}`)).status }).toEqual({
      query,
      status: 400,
    });
  const stranger = await newAdmin((await edge.tenant()).domain);
  expect((await stranger.fetch(`/v1/reports/dmarc?domain=${domain}`)).status).toBe(404);
  expect((await stranger.fetch(`/v1/reports/tls?domain=${domain}`)).status).toBe(404);
  // A report that names a domain of somebody else is nobody's.
  expect(await file(dmarc("stolen", 1, [source("192.0.2.1", 1)]), stranger)).toBe(false);
});
