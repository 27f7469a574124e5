// oxlint-disable no-restricted-globals -- the platform's own dates are what ours are compared with
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJsonDate, printUtcDate } from "./json-date.ts";

test("RFC 8620 §1.4", () => {
  expect(parseJsonDate("2014-10-30T14:12:00+08:00")).toEqual({
    ms: Date.UTC(2014, 9, 30, 6, 12),
    zoneMinutes: 480,
  });
  expect(parseJsonDate("2014-10-30T06:12:00Z")).toEqual({ ms: Date.UTC(2014, 9, 30, 6, 12), zoneMinutes: 0 });
  expect(printUtcDate(Date.UTC(2014, 9, 30, 6, 12))).toBe("2014-10-30T06:12:00Z");
});

test.each([
  "2014-10-30t06:12:00Z",
  "2014-10-30T06:12:00z",
  "2014-10-30 06:12:00Z",
  "2014-10-30T06:12:00",
  "2014-10-30T06:12:00.000Z",
  "2014-02-30T06:12:00Z",
  "2014-13-01T06:12:00Z",
  "2014-10-30T24:00:00Z",
  "30 Oct 2014",
  "",
])("%s is no Date", (text) => {
  expect(parseJsonDate(text)).toBeNull();
});

test("whole seconds come back as the platform prints them", () => {
  const min = Date.UTC(1900, 0, 1);
  fc.assert(
    fc.property(fc.integer({ min: min / 1000, max: Date.UTC(2200, 0, 1) / 1000 }), (seconds) => {
      const text = printUtcDate(seconds * 1000);
      expect(text).toBe(new Date(seconds * 1000).toISOString().replace(".000", ""));
      expect(parseJsonDate(text)?.ms).toBe(seconds * 1000);
    }),
  );
});
