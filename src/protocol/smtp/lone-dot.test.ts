import fc from "fast-check";
import { expect, test } from "vitest";
import { LoneDotWatch, parseBdat } from "./index.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** @param cuts where the octets are cut into chunks */
function sees(wire: string, cuts: readonly number[] = []): boolean {
  const whole = bytes(wire);
  const at = cuts.map((cut) => cut % (whole.length + 1)).toSorted((a, b) => a - b);
  const watch = new LoneDotWatch();
  for (const [i, from] of [0, ...at].entries()) watch.push(whole.subarray(from, at[i] ?? whole.length));
  return watch.seen;
}

const END = "\r\n.\r\n";
const suspicious = ["\n.\n", "\n.\r\n", "\r.\r\n", "\r\n.\n", "\r.\rx", "\r\n.\rx", "\n.\rx", "\r.\n"];

test.each(suspicious)("%j is seen wherever it stands and is cut", (what) => {
  for (const before of ["", "a", "text\r\nmore"]) {
    const wire = `${before}${what}more${END}`;
    for (let a = 0; a <= wire.length; a++)
      for (let b = a; b <= wire.length; b++) expect(sees(wire, [a, b]), `${a} ${b}`).toBe(true);
    expect(
      sees(
        wire,
        Array.from(wire, (_, i) => i),
      ),
    ).toBe(true);
  }
});

test.each(["", "a", "a\r\n..", "a.b\n.c\n..\n\r\n", "\0.\r\nx", ".a\r\n.\0", "a\nb\rc"])(
  "%j is seen by nobody, and neither is the end",
  (text) => {
    const wire = text === "" ? ".\r\n" : `${text}${END}`;
    for (let a = 0; a <= wire.length; a++)
      for (let b = a; b <= wire.length; b++) expect(sees(wire, [a, b]), `${a} ${b}`).toBe(false);
  },
);

test("it sees the same however the octets are cut, and what the pattern says", () => {
  const text = fc.string({ unit: fc.constantFrom(".", "\r", "\n", "\r\n", "a"), maxLength: 30 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 8 }), (body, cuts) => {
      // What a server would read: up to the first end, which is always there.
      const wire = `${body}${END}`;
      const end = `\r\n${wire}`.indexOf(END) + 3;
      const read = wire.slice(0, end);
      const crlf = (at: number): boolean => `\r\n${read}`.slice(at, at + 2) === "\r\n";
      const lone = [...`\r\n${read}`.matchAll(/(?<=[\r\n])\.(?=[\r\n])/g)].some(
        ({ index }) => !(crlf(index - 2) && crlf(index + 1)),
      );
      expect(sees(read, cuts)).toBe(lone);
    }),
    { numRuns: 3_000 },
  );
});

test("BDAT says how many octets come, or nobody knows", () => {
  expect(parseBdat("0")).toEqual({ octets: 0, isLast: false });
  expect(parseBdat("86 last")).toEqual({ octets: 86, isLast: true });
  for (const wrong of ["", "LAST", "5  LAST", "5 LAST ", "+5", "0x5", "1e3", "9".repeat(16)])
    expect(parseBdat(wrong)).toBeNull();
});
