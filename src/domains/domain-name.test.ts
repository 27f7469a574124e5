import { expect, test } from "vitest";
import { parseOwnDomain, registeredPart } from "./domain-name.ts";

const OURS = ["hosted.test", "mail.hosted.test"];

test.for([
  ["agency.gr", "agency.gr"],
  [" Agency.GR. ", "agency.gr"],
  ["https://www.agency.gr/contact?x=1", "www.agency.gr"],
  ["clerk@agency.gr", "agency.gr"],
  ["mail.agency.gov.gr", "mail.agency.gov.gr"],
  ["δήμος.ελ", "xn--jxalzmp.xn--qxam"],
  ["nothosted.test", "nothosted.test"],
] as const)("%s is %s", ([text, name]) => {
  expect(parseOwnDomain(text, OURS)).toEqual({ ok: true, name });
});

test.for([
  ["", "malformed"],
  ["a b.gr", "malformed"],
  ["2001:db8::1", "malformed"],
  ["[192.0.2.1]", "malformed"],
  ["a..gr", "malformed"],
  [`${"a".repeat(64)}.gr`, "malformed"],
  ["gr", "public_suffix"],
  ["co.uk", "public_suffix"],
  ["agency", "public_suffix"],
  ["localhost", "reserved"],
  ["printer.local", "reserved"],
  ["1.0.0.127.in-addr.arpa", "reserved"],
  ["hosted.test", "reserved"],
  ["x.y.hosted.test", "reserved"],
] as const)("«%s» is refused: %s", ([text, fault]) => {
  expect(parseOwnDomain(text, OURS)).toEqual({ ok: false, fault });
});

test("the registered part", () => {
  expect(registeredPart("a.b.agency.gov.gr")).toBe("agency.gov.gr");
  expect(registeredPart("agency.test")).toBe("agency.test");
});
