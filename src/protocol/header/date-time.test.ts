import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { daysFromEpoch, formatDateTime, parseDateTime } from "./date-time.ts";

describe("parseDateTime", () => {
  test.each([
    // RFC 5322 appendix A
    ["Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00", 880_127_706],
    ["Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00", 1_057_049_557],
    [
      "Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 (Newfoundland Time)",
      "1969-02-13T23:32:00-03:30",
      -27_723_480,
    ],
    ["21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06Z", 880_106_106],
    ["Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T09:55:06-06:00", 880_127_706],
    // What real mail has.
    ["1 Jan 2000 00:00 EST", "2000-01-01T00:00:00-05:00", 946_702_800],
    ["Mon Nov  2 10:00:00 2026", "2026-11-02T10:00:00Z", 1_793_613_600],
    ["Mon Nov  2 10:00:00 PST 2026", "2026-11-02T10:00:00-08:00", 1_793_642_400],
    ["2026-11-02T10:00:00.123+02:00", "2026-11-02T10:00:00+02:00", 1_793_606_400],
    ["Mon, 02-Nov-26 10:00:00 UTC", "2026-11-02T10:00:00Z", 1_793_613_600],
    ["Mon, 2 November 2026 10:00:00", "2026-11-02T10:00:00Z", 1_793_613_600],
    ["Sat, 31 Dec 2016 23:59:60 +0000", "2016-12-31T23:59:59Z", 1_483_228_799],
    ["29 Feb 2024 12:00:00 +1400", "2024-02-29T12:00:00+14:00", 1_709_157_600],
  ])("%s", (value, iso, seconds) => {
    const time = parseDateTime(value);
    expect(time?.ms).toBe(seconds * 1000);
    expect(time === null ? null : formatDateTime(time)).toBe(iso);
  });

  test.each([
    "",
    "yesterday",
    "31 Feb 2026 10:00:00 +0000",
    "29 Feb 2023 10:00 +0000",
    "1 Foo 2026 10:00:00 Z",
    "1 Jan 2026 25:00:00 Z",
    "1 Jan 2026",
    "0 Jan 2026 10:00 Z",
  ])("%j is no date", (value) => {
    expect(parseDateTime(value)).toBeNull();
  });

  test("what is written is read again", () => {
    // 1900 to 9999
    const times = fc.record({
      ms: fc.integer({ min: -2_208_800_000, max: 253_370_000_000 }).map((seconds) => seconds * 1000),
      zoneMinutes: fc.integer({ min: -720, max: 840 }),
    });
    fc.assert(
      fc.property(times, (time) => {
        expect(parseDateTime(formatDateTime(time))).toEqual(time);
      }),
    );
  });

  test("the zone -0000 is plain zero, also for JSON", () => {
    expect(Object.is(parseDateTime("21 Nov 1997 09:55:06 -0000")?.zoneMinutes, 0)).toBe(true);
  });

  test("any text is fine", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const time = parseDateTime(text);
        expect(time === null || Number.isSafeInteger(time.ms)).toBe(true);
      }),
    );
  });
});

test("days are counted as the Gregorian calendar does", () => {
  expect(daysFromEpoch(1970, 1, 1)).toBe(0);
  expect(daysFromEpoch(2000, 3, 1)).toBe(11_017);
  expect(daysFromEpoch(1900, 3, 1) - daysFromEpoch(1900, 2, 28)).toBe(1);
  expect(daysFromEpoch(2400, 3, 1) - daysFromEpoch(2400, 2, 28)).toBe(2);
});
