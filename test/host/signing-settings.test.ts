import { expect, test } from "vitest";
import { ConfigError, readConfig } from "../../host/config.ts";

const SECRET = "aHVudGVyMmh1bnRlcjI=";

function faultsOf(environment: Record<string, string>): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

test("without settings the hosted domain is the zone, keys turn every 90 days, and reports are sent", () => {
  const { config } = readConfig({ ANGELIA_HOSTED_DOMAIN: "agencies.example" });
  expect(config.dkim).toEqual({ zone: "agencies.example", rotationDays: 90, update: undefined });
  expect(config.reports).toEqual({ dmarc: true, tls: true, from: "noreply-dmarc" });
});

const update = (text: string) => readConfig({ ANGELIA_DNS_UPDATE: text }).config.dkim.update;

test("the name server that takes our changes", () => {
  expect(update(`ns1.example:5353,dkim.example.,key,HMAC-SHA256,${SECRET}`)).toMatchObject({
    host: "ns1.example",
    port: 5353,
    zone: "dkim.example",
    key: { name: "key", algorithm: "hmac-sha256" },
  });
  expect(update(`[2001:db8::1],z.example,key,hmac-sha512,${SECRET}`)).toMatchObject({
    host: "2001:db8::1",
    port: 53,
  });
});

test.each([
  `ns1.example,zone.example,key,hmac-md5,${SECRET}`,
  `ns1.example:99999,zone.example,key,hmac-sha256,${SECRET}`,
  `ns1.example,zone.example,key,hmac-sha256,${SECRET},more`,
  `ns1.example,zone.example,hmac-sha256,${SECRET}`,
])("«%s» is refused, and its secret is not repeated", (text) => {
  const faults = faultsOf({ ANGELIA_DNS_UPDATE: text });
  expect(faults).toContain("ANGELIA_DNS_UPDATE must be server:port,zone");
  expect(faults).not.toContain(SECRET);
});

test("a sender of reports that is no local part, and a rotation in a week, are refused", () => {
  expect(faultsOf({ ANGELIA_REPORT_FROM: "a@b.example" })).toContain("ANGELIA_REPORT_FROM must be");
  expect(faultsOf({ ANGELIA_DKIM_ROTATION_DAYS: "7" })).toContain("ANGELIA_DKIM_ROTATION_DAYS");
});
