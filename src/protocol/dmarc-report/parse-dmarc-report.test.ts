import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDmarcReport } from "./index.ts";

const row = (more: object = {}) => ({
  row: {
    source_ip: "192.0.2.1",
    count: "3",
    policy_evaluated: { disposition: "none", dkim: "pass", spf: "fail" },
  },
  identifiers: { header_from: "agency.test", envelope_from: "bounces.agency.test" },
  auth_results: {
    dkim: { domain: "agency.test", result: "pass" },
    spf: { domain: "x.test", result: "fail" },
  },
  ...more,
});
const document = (record: unknown, published: object = {}) => ({
  feedback: {
    report_metadata: {
      org_name: "Receiver &amp; Sons",
      report_id: "r1",
      date_range: { begin: "1700000000", end: "1700086399" },
    },
    policy_published: { domain: "Agency.TEST", p: "reject", ...published },
    record,
  },
});

test("a report like those of RFC 7489 appendix C", () => {
  expect(parseDmarcReport(document(row()))).toEqual({
    ok: true,
    value: {
      domain: "agency.test",
      org: "Receiver & Sons",
      reportId: "r1",
      beginsAt: 1_700_000_000_000,
      endsAt: 1_700_086_399_000,
      policy: { p: "reject", sp: "reject", pct: 100 },
      sources: [
        {
          ip: "192.0.2.1",
          messages: 3,
          disposition: "none",
          dkimAligned: true,
          spfAligned: false,
          signedBy: ["agency.test"],
          mailFrom: "bounces.agency.test",
        },
      ],
    },
  });
});

test.each([
  ["no domain", document(row(), { domain: "" })],
  ["no rows", document([])],
  ["a row without a number", document(row({ row: { source_ip: "192.0.2.1", count: "many" } }))],
  ["an address that is none", document(row({ row: { source_ip: "<script>", count: "1" } }))],
  ["another document", { html: { body: "x" } }],
  ["nothing", null],
])("%s is no report", (_, tree) => {
  expect(parseDmarcReport(tree)).toMatchObject({ ok: false });
});

test("lists where one is usual, and words nobody knows", () => {
  const many = document(
    [
      row(),
      row({
        auth_results: {
          dkim: [
            { domain: "a.test", result: "pass" },
            { domain: "b.test", result: "Pass" },
          ],
        },
      }),
      row({ auth_results: "" }),
    ],
    { p: "whatever", pct: "250", sp: "quarantine" },
  );
  const parsed = parseDmarcReport(many);
  expect(parsed).toMatchObject({ ok: true, value: { policy: { p: "none", sp: "quarantine", pct: 100 } } });
  expect(parsed.ok && parsed.value.sources.map((one) => one.signedBy)).toEqual([
    ["agency.test"],
    ["a.test", "b.test"],
    [],
  ]);
});

test("whatever comes, it never throws, and what it gives can be stored", () => {
  const names =
    "feedback report_metadata policy_published record row domain org_name report_id date_range begin end count source_ip dkim result".split(
      " ",
    );
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("1700000000", "agency.test", "192.0.2.1", "pass", "&#0;", "&#xd800;"),
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie("node")),
    ),
  })).node;
  const filled = fc.tuple(tree, tree, tree).map(([a, b, c]) => ({
    feedback: {
      report_metadata: { org_name: a, report_id: "x", date_range: { begin: "1", end: "2" } },
      policy_published: { domain: "a.test", p: b },
      record: [row(), row({ auth_results: c })],
    },
  }));
  fc.assert(
    fc.property(fc.oneof(tree, filled), (given) => {
      const parsed = parseDmarcReport(given);
      const written = JSON.stringify(parsed);
      expect(written).not.toMatch(/\\u0000|\\ud[89a-f]/i);
    }),
  );
});
