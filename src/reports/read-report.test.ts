import { gzipSync, strToU8, zipSync } from "fflate";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readReport } from "./read-report.ts";
import { UNPACKED_MAX } from "./unpack.ts";

const xml = (record = "<count>2</count>"): string => `<?xml version="1.0" encoding="UTF-8" ?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><report_metadata><org_name>r.test</org_name><report_id>1</report_id>
<date_range><begin>1700000000</begin><end>1700086399</end></date_range></report_metadata>
<policy_published><domain>agency.test</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip>${record}<policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row>
<identifiers><header_from>agency.test</header_from></identifiers><auth_results></auth_results></record></feedback>`;
const json = JSON.stringify({
  "organization-name": "r.test",
  "report-id": "1",
  "date-range": { "start-datetime": "2016-04-01T00:00:00Z", "end-datetime": "2016-04-01T23:59:59Z" },
  policies: [
    { policy: { "policy-domain": "agency.test" }, summary: { "total-successful-session-count": 1 } },
  ],
});

test("plain, gzip and zip give the same report", () => {
  const plain = strToU8(xml());
  const expected = readReport(plain);
  expect(expected).toMatchObject({
    kind: "dmarc",
    report: { domain: "agency.test", sources: [{ messages: 2 }] },
  });
  expect(readReport(gzipSync(plain))).toEqual(expected);
  expect(readReport(zipSync({ "readme.txt": strToU8("hello"), "r.xml": plain }))).toEqual(expected);
  expect(readReport(strToU8(`\u{feff}${xml()}`))).toEqual(expected);
  expect(readReport(strToU8(json))).toMatchObject({
    kind: "tls",
    reports: [{ domain: "agency.test", succeeded: 1 }],
  });
  expect(readReport(gzipSync(strToU8(json)))).toMatchObject({ kind: "tls" });
});

const declared = (declaration: string, use: string): Uint8Array =>
  strToU8(xml(`<count>2</count><x>${use}</x>`).replace("<feedback", `${declaration}<feedback`));

test("a document that declares entities is not read: neither a file of ours nor a bomb gets in", () => {
  const external = '<!DOCTYPE feedback [<!ENTITY x SYSTEM "file:///etc/passwd">]>';
  const laughs = `<!DOCTYPE f [<!ENTITY a "ha">${"bcdefghij"
    .split("")
    .map((name, i) => `<!ENTITY ${name} "${`&${"abcdefghi"[i]};`.repeat(10)}">`)
    .join("")}]>`;
  expect(readReport(declared(external, "&x;"))).toBeNull();
  expect(readReport(declared(laughs, "&j;"))).toBeNull();
  expect(readReport(declared("", "&undeclared;"))).toMatchObject({ kind: "dmarc" });
});

test("what unpacks to more than is looked at is left, packed in whatever way", () => {
  const large = new Uint8Array(UNPACKED_MAX + 1).fill(32);
  expect(readReport(gzipSync(large))).toBeNull();
  expect(readReport(zipSync({ "a.xml": large }))).toBeNull();
  // A zip that says that it is small.
  const lying = zipSync({ "a.xml": large });
  const view = new DataView(lying.buffer);
  for (let i = 0; i < lying.length - 30; i++) {
    if (view.getUint32(i, true) === 0x04034b50) view.setUint32(i + 22, 100, true);
    if (view.getUint32(i, true) === 0x02014b50) view.setUint32(i + 24, 100, true);
  }
  expect(readReport(lying)).toBeNull();
  expect(readReport(gzipSync(strToU8(xml())).subarray(0, 200))).toBeNull();
});

test("XML nested without end, and whatever else comes, gives nothing and does not throw", () => {
  expect(readReport(strToU8("<a>".repeat(200_000)))).toBeNull();
  expect(readReport(strToU8("[".repeat(100_000)))).toBeNull();
  expect(readReport(strToU8(`{"a":${"[".repeat(100_000)}`))).toBeNull();
  const good = [
    strToU8(xml()),
    gzipSync(strToU8(xml())),
    zipSync({ "a.xml": strToU8(xml()) }),
    strToU8(json),
  ];
  fc.assert(
    fc.property(
      fc.nat(3),
      fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { maxLength: 8 }),
      (which, changes) => {
        const bytes = Uint8Array.from(good[which] ?? []);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        readReport(bytes);
      },
    ),
    { numRuns: 500 },
  );
});
