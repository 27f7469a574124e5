// oxlint-disable no-restricted-globals -- Date is the other implementation that this one is compared with
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTlsReport } from "./index.ts";

/** As in RFC 8460 appendix B. */
const example = {
  "organization-name": "Company-X",
  "date-range": { "start-datetime": "2016-04-01T00:00:00Z", "end-datetime": "2016-04-01T23:59:59Z" },
  "contact-info": "sts-reporting@company-x.example",
  "report-id": "5065427c-23d3-47ca-b6e0-946ea0e8c4be",
  policies: [
    {
      policy: {
        "policy-type": "sts",
        "policy-string": [
          "version: STSv1",
          "mode: testing",
          "mx: *.mail.company-y.example",
          "max_age: 86400",
        ],
        "policy-domain": "company-y.example",
        "mx-host": ["*.mail.company-y.example"],
      },
      summary: { "total-successful-session-count": 5326, "total-failure-session-count": 303 },
      "failure-details": [
        {
          "result-type": "certificate-expired",
          "sending-mta-ip": "2001:db8:abcd:0012::1",
          "receiving-mx-hostname": "mx1.mail.company-y.example",
          "failed-session-count": 100,
        },
        {
          "result-type": "starttls-not-supported",
          "receiving-mx-hostname": "MX2.mail.company-y.example.",
          "failed-session-count": "200",
        },
        { "result-type": "validation-failure", "failed-session-count": 3 },
      ],
    },
  ],
};

test("the example of RFC 8460", () => {
  expect(parseTlsReport(example)).toEqual({
    ok: true,
    value: [
      {
        domain: "company-y.example",
        org: "Company-X",
        reportId: "5065427c-23d3-47ca-b6e0-946ea0e8c4be",
        beginsAt: Date.UTC(2016, 3, 1),
        endsAt: Date.UTC(2016, 3, 1, 23, 59, 59),
        succeeded: 5326,
        failed: 303,
        failures: [
          { type: "certificate-expired", receivingHost: "mx1.mail.company-y.example", sessions: 100 },
          { type: "starttls-not-supported", receivingHost: "mx2.mail.company-y.example", sessions: 200 },
          { type: "validation-failure", receivingHost: "", sessions: 3 },
        ],
      },
    ],
  });
});

test("two policies of a domain are added up, two domains are two reports", () => {
  const [first] = example.policies;
  const policies = [first, first, { policy: { "policy-domain": "other.example" }, summary: {} }];
  const parsed = parseTlsReport({ ...example, policies });
  expect(parsed.ok && parsed.value.map((one) => [one.domain, one.succeeded, one.failures.length])).toEqual([
    ["company-y.example", 10_652, 6],
    ["other.example", 0, 0],
  ]);
});

test.each([
  ["no date", { ...example, "date-range": {} }],
  [
    "a date that is none",
    {
      ...example,
      "date-range": { "start-datetime": "2016-13-01T00:00:00Z", "end-datetime": "2017-01-01T00:00:00Z" },
    },
  ],
  ["no id", { ...example, "report-id": 7 }],
  ["no policies", { ...example, policies: "none" }],
  ["an array", [example]],
])("%s is no report", (_, json) => {
  expect(parseTlsReport(json)).toMatchObject({ ok: false });
});

const pad = (n: number): string => String(n).padStart(2, "0");

test("times are those of the calendar, with zones", () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
      fc.integer({ min: -719, max: 719 }),
      (date, zone) => {
        const seconds = Math.floor(date.getTime() / 1000) * 1000;
        const local = new Date(seconds + zone * 60_000).toISOString().slice(0, 19);
        const sign = `${zone < 0 ? "-" : "+"}${pad(Math.floor(Math.abs(zone) / 60))}:${pad(Math.abs(zone) % 60)}`;
        const range = { "start-datetime": local + sign, "end-datetime": new Date(seconds).toISOString() };
        const parsed = parseTlsReport({ ...example, "date-range": range });
        expect(parsed.ok && parsed.value[0]?.beginsAt).toBe(seconds);
      },
    ),
  );
});

test("whatever comes, it never throws", () => {
  fc.assert(
    fc.property(fc.json(), fc.anything(), (json, anything) => {
      parseTlsReport(JSON.parse(json));
      parseTlsReport(anything);
      parseTlsReport({
        ...example,
        policies: [{ policy: anything, summary: anything, "failure-details": [anything] }],
      });
    }),
  );
});
