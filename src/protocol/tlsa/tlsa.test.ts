import { expect, test } from "vitest";
import { isUsableTlsa, printTlsa, tlsaName } from "./tlsa.ts";

const record = (usage: number, selector: number, matchingType: number, length: number) => ({
  usage,
  selector,
  matchingType,
  certificate: new Uint8Array(length).fill(10),
});

test("SMTP uses DANE-TA and DANE-EE, with digests of their length", () => {
  const usable = [record(3, 1, 1, 32), record(2, 0, 2, 64), record(3, 0, 0, 900)];
  const unusable = [
    record(0, 1, 1, 32), // PKIX-TA
    record(1, 1, 1, 32), // PKIX-EE
    record(3, 2, 1, 32),
    record(3, 1, 3, 32),
    record(3, 1, 1, 31),
    record(3, 1, 0, 0),
    record(255, 1, 1, 32),
  ];
  expect(usable.map(isUsableTlsa)).toEqual(usable.map(() => true));
  expect(unusable.map(isUsableTlsa)).toEqual(unusable.map(() => false));
});

test("as it stands in a zone", () => {
  expect(printTlsa(record(3, 1, 1, 3))).toBe("3 1 1 0a0a0a");
  expect(tlsaName(25, "mx.example.com.")).toBe("_25._tcp.mx.example.com");
});
