// oxlint-disable no-restricted-globals -- the tests compare our calendar with that of the platform
import fc from "fast-check";
import { expect, test } from "vitest";
import { date, dateTime, dayOf, dayStartMs, printDate, printDateTime } from "./date-time.ts";
import { Scanner, attempt } from "./scanner.ts";

function parse<T>(text: string, grammar: (s: Scanner) => T) {
  const s = new Scanner({ bytes: new TextEncoder().encode(text), streamed: [] });
  return attempt(() => {
    const value = grammar(s);
    s.end();
    return value;
  });
}

test("a date-time is read with its zone", () => {
  expect(parse('"17-Jul-1996 02:44:25 -0700"', dateTime)).toEqual({
    ok: true,
    value: 837_596_665_000,
  });
  expect(parse('" 7-feb-1994 21:52:25 +0530"', dateTime)).toEqual({
    ok: true,
    value: 760_638_145_000,
  });
});

test("every moment from year 0 to 9999 comes back from its printed form, to the second", () => {
  const seconds = fc.integer({ min: -62_167_219_200, max: 253_402_300_799 });
  fc.assert(
    fc.property(seconds, (second) => {
      expect(parse(printDateTime(second * 1_000), dateTime)).toEqual({ ok: true, value: second * 1_000 });
    }),
  );
});

test("the calendar is that of the platform", () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }),
      (moment) => {
        const day = {
          year: moment.getUTCFullYear(),
          month: moment.getUTCMonth() + 1,
          day: moment.getUTCDate(),
        };
        expect(dayOf(moment.getTime())).toEqual(day);
        expect(dayStartMs(day)).toBe(Math.floor(moment.getTime() / 86_400_000) * 86_400_000);
        expect(parse(printDate(day), date)).toEqual({ ok: true, value: day });
        expect(parse(`"${printDate(day)}"`, date)).toEqual({ ok: true, value: day });
      },
    ),
  );
});

test.each(['"30-Feb-2024 00:00:00 +0000"', '"29-Feb-2023 00:00:00 +0000"', '"1-Foo-2024 00:00:00 +0000"'])(
  "%s is no date-time",
  (text) => {
    expect(parse(text, dateTime).ok).toBe(false);
  },
);

test.each([
  "0-Jan-2024",
  "32-Jan-2024",
  "31-Apr-2024",
  "1-Jan-24",
  "1-Jan-2024x",
  '"1-Jan-2024',
  "1 Jan 2024",
])("%s is no date", (text) => {
  expect(parse(text, date).ok).toBe(false);
});

test.each([
  "24:00:00 +0000",
  "00:60:00 +0000",
  "00:00:61 +0000",
  "0:00:00 +0000",
  "00:00:00 0000",
  "00:00:00 +00",
])("%s is no time of day", (time) => {
  expect(parse(`" 1-Jan-2024 ${time}"`, dateTime).ok).toBe(false);
});
