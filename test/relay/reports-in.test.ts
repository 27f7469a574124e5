import { gzipSync, zipSync } from "fflate";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { reportPurgeJob } from "../../smtp-relay/jobs/report-purge.ts";
import {
  dmarcOverview,
  type DmarcReport,
  fileReportMail,
  insertDmarcReport,
  tlsOverview,
} from "../../src/reports/index.ts";
import { listBouncedTargets } from "../../src/reports/sent-report.store.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { expunge, listMailboxes, ALL_UIDS } from "../../src/mailstore/index.ts";
import { ensureHouse, HOUSE_TENANT, type HouseMailbox } from "../../src/tenants/index.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { type SmtpRelay, startSmtpRelay } from "../support/smtp-relay.ts";

let platform: TestPlatform;
let relay: SmtpRelay;
let house: HouseMailbox;
let agency: TenantId;
let stranger: TenantId;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const now = Date.now();

beforeAll(async () => {
  platform = await testPlatform();
  agency = await platform.tenant("agency", "agency.test");
  stranger = await platform.tenant("stranger", "stranger.test");
  house = await ensureHouse(platform.tenancy, "mail.hosted.test", "noreply-dmarc");
  relay = await startSmtpRelay(platform);
});
afterAll(async () => {
  await relay.stop();
  await platform[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const boxes = await platform.db.tenant(HOUSE_TENANT, (tx) => listMailboxes(tx, house.accountId));
  for (const box of boxes)
    await platform.db.tenant(HOUSE_TENANT, (tx) =>
      expunge(tx, house.accountId, { mailboxId: box.id, uids: ALL_UIDS }, "all"),
    );
});

const xml = (domain: string, id: string, count: number): Buffer =>
  Buffer.from(`<?xml version="1.0"?><feedback><report_metadata><org_name>receiver.test</org_name><report_id>${id}</report_id>
<date_range><begin>${Math.floor(now / 1000) - 86_400}</begin><end>${Math.floor(now / 1000)}</end></date_range></report_metadata>
<policy_published><domain>${domain}</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>${count}</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>${domain}</header_from></identifiers><auth_results/></record></feedback>`);

/** A message as receivers send it, with one attachment. */
const mail = (type: string, name: string, content: Buffer | Uint8Array, head = "multipart/mixed"): string =>
  [
    "From: Reports <noreply@receiver.test>",
    "Subject: Report Domain: agency.test Submitter: receiver.test Report-ID: 1",
    "MIME-Version: 1.0",
    `Content-Type: ${head}; boundary=b`,
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    "This is an aggregate report.",
    "--b",
    `Content-Type: ${type}; name="${name}"`,
    "Content-Transfer-Encoding: base64",
    "",
    ...(Buffer.from(content)
      .toString("base64")
      .match(/.{1,76}/g) ?? []),
    "--b--",
    "",
  ].join("\r\n");

async function send(to: string, message: string): Promise<void> {
  const client = await relay.mx();
  for (const line of ["MAIL FROM:<noreply@receiver.test>", `RCPT TO:<${to}>`, "DATA"]) {
    const answer = await client.command(line);
    expect(answer.text).toMatch(/^[23]/);
  }
  const answer = await client.command(`${message}\r\n.`);
  expect(answer.text).toMatch(/^250/);
  client.close();
}
const read = (stopping = new AbortController().signal) =>
  fileReportMail({ store: platform.store, tenancy: platform.tenancy, log }, house, stopping);
const seen = async (tenantId: TenantId, domain: string) =>
  platform.db.tenant(tenantId, (tx) => dmarcOverview(tx, { domain, days: 7 }, now + 1_000));
const mailboxSizes = async (): Promise<Record<string, number>> => {
  const boxes = await platform.db.tenant(HOUSE_TENANT, (tx) => listMailboxes(tx, house.accountId));
  return Object.fromEntries(boxes.filter((box) => box.total > 0).map((box) => [box.name, box.total]));
};

test("reports that come by SMTP are filed with the agency that they are about, once", async () => {
  await send(
    "dmarc@reports.hosted.test",
    mail("application/gzip", "r.xml.gz", gzipSync(xml("agency.test", "a", 3))),
  );
  await send(
    "dmarc@reports.hosted.test",
    mail("application/zip", "r.zip", zipSync({ "r.xml": xml("agency.test", "b", 4) })),
  );
  await send("dmarc+token@reports.hosted.test", mail("text/xml", "r.xml", xml("stranger.test", "c", 5)));
  await send(
    "dmarc@reports.hosted.test",
    mail("application/gzip", "again.xml.gz", gzipSync(xml("agency.test", "a", 3))),
  );
  expect(await read()).toEqual({ filed: 4, bounce: 0, kept: 0 });
  expect((await seen(agency, "agency.test")).totals).toEqual({ messages: 7, passed: 7, failed: 0 });
  expect((await seen(stranger, "stranger.test")).totals.messages).toBe(5);
  // Neither sees what is the other's, even by its name.
  expect((await seen(stranger, "agency.test")).reports).toBe(0);
  expect((await seen(agency, "stranger.test")).reports).toBe(0);
  expect(await mailboxSizes()).toEqual({});
});

/** What it says of one domain. */
const policy = (domain: string) => ({
  policy: { "policy-type": "sts", "policy-domain": domain },
  summary: { "total-successful-session-count": 9, "total-failure-session-count": 1 },
  "failure-details": [{ "result-type": "certificate-expired", "failed-session-count": 1 }],
});

test("a TLS report (RFC 8460) is filed for each domain that is somebody's here", async () => {
  const report = {
    "organization-name": "receiver.test",
    "report-id": "t",
    "date-range": {
      "start-datetime": new Date(now - 3_600_000).toISOString(),
      "end-datetime": new Date(now).toISOString(),
    },
    policies: [policy("agency.test"), policy("nowhere.test"), policy("stranger.test")],
  };
  const packed = gzipSync(Buffer.from(JSON.stringify(report)));
  await send(
    "tls@reports.hosted.test",
    mail("application/tlsrpt+gzip", "r.json.gz", packed, 'multipart/report; report-type="tlsrpt"'),
  );
  expect(await read()).toEqual({ filed: 1, bounce: 0, kept: 0 });
  for (const [tenantId, domain] of [
    [agency, "agency.test"],
    [stranger, "stranger.test"],
  ] as const) {
    const view = await platform.db.tenant(tenantId, (tx) =>
      tlsOverview(tx, { domain, days: 7 }, now + 1_000),
    );
    expect(view.totals).toEqual({ sessions: 10, succeeded: 9, failed: 1 });
  }
});

test("what can't be read, and what is about nobody here, is kept as it came", async () => {
  await send(
    "dmarc@reports.hosted.test",
    mail("application/gzip", "r.xml.gz", gzipSync(xml("agency.test", "x", 3)).subarray(0, 60)),
  );
  await send(
    "dmarc@reports.hosted.test",
    mail("application/gzip", "bomb.gz", gzipSync(Buffer.alloc(40_000_000))),
  );
  await send("dmarc@reports.hosted.test", mail("text/xml", "r.xml", xml("nowhere.test", "x", 3)));
  await send("postmaster@reports.hosted.test", "Subject: hello\r\n\r\nIs anybody there?");
  expect(await read()).toEqual({ filed: 0, bounce: 0, kept: 4 });
  expect(await mailboxSizes()).toEqual({ "Not read": 4 });
  expect(await read()).toEqual({ filed: 0, bounce: 0, kept: 0 });
});

test("a reader that is stopped in the middle leaves the rest to the next, and nothing counts twice", async () => {
  for (const id of ["s1", "s2", "s3"])
    await send("dmarc@reports.hosted.test", mail("text/xml", "r.xml", xml("agency.test", id, 1)));
  const before = (await seen(agency, "agency.test")).reports;
  // The report is committed, and the process dies before the message is taken out of the inbox.
  const broken: TestPlatform["store"] = Object.create(platform.store, {
    db: {
      value: new Proxy(platform.db, {
        get(db, name) {
          if (name !== "tenant") return Reflect.get(db, name) as unknown;
          return async (tenantId: TenantId, work: Parameters<typeof db.tenant>[1]) => {
            if (tenantId === HOUSE_TENANT && String(work).includes("expunge")) throw new Error("killed");
            return db.tenant(tenantId, work);
          };
        },
      }),
    },
  });
  await expect(
    fileReportMail({ store: broken, tenancy: platform.tenancy, log }, house, new AbortController().signal),
  ).rejects.toThrow("killed");
  expect((await seen(agency, "agency.test")).reports).toBe(before + 1);
  expect(await read()).toEqual({ filed: 3, bounce: 0, kept: 0 });
  expect((await seen(agency, "agency.test")).reports).toBe(before + 3);
  const stop = new AbortController();
  stop.abort();
  expect(await read(stop.signal)).toEqual({ filed: 0, bounce: 0, kept: 0 });
});

test("a bounce of a report of ours is swallowed, and its target remembered", async () => {
  const bounce = [
    "From: MAILER-DAEMON@elsewhere.test",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    "",
    "--b",
    "",
    "It failed.",
    "--b",
    "Content-Type: message/delivery-status",
    "",
    "Reporting-MTA: dns; elsewhere.test",
    "",
    "Final-Recipient: rfc822; Reports@Elsewhere.test",
    "Action: failed",
    "Status: 5.1.1",
    "",
    "Final-Recipient: rfc822; slow@elsewhere.test",
    "Action: delayed",
    "Status: 4.4.1",
    "--b--",
    "",
  ].join("\r\n");
  await send("noreply-dmarc@reports.hosted.test", bounce);
  expect(await read()).toEqual({ filed: 0, bounce: 1, kept: 0 });
  const targets = [
    "mailto:reports@elsewhere.test",
    "mailto:Reports@elsewhere.test",
    "mailto:slow@elsewhere.test",
  ];
  const found = await platform.db.tenant(HOUSE_TENANT, (tx) => listBouncedTargets(tx, targets, 0));
  expect([...found]).toHaveLength(1);
  expect(await mailboxSizes()).toEqual({});
});

const at = (days: number): number => now - days * 86_400_000;
const old = (reportId: string, days: number): DmarcReport => ({
  domain: "agency.test",
  org: "old.test",
  reportId,
  beginsAt: at(days),
  endsAt: at(days - 1),
  policy: { p: "none", sp: "none", pct: 100 },
  sources: [],
});

test("reports are forgotten after more than a year, and no sooner", async () => {
  await platform.db.tenant(agency, async (tx) => {
    await insertDmarcReport(tx, old("399", 399), now);
    await insertDmarcReport(tx, old("401", 401), now);
  });
  await reportPurgeJob({ tenancy: platform.tenancy, log }).run(new AbortController().signal);
  const left = await platform.db.tenant(
    agency,
    (tx) => tx<{ id: string }[]>`
    select report_id as id from received_dmarc_reports where tenant_id = ${tx.tenantId} and org = 'old.test'`,
  );
  expect(left.map((row) => row.id)).toEqual(["399"]);
  expect((await seen(agency, "agency.test")).reports).toBeGreaterThan(0);
});
