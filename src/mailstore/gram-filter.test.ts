import fc from "fast-check";
import { expect, test } from "vitest";
import { GramHasher, GramQuery, GramSet, gramsOf, hasBits } from "./gram-filter.ts";
import { sipKey } from "./sip-hash.ts";

const key = sipKey(Uint8Array.from({ length: 16 }, (_, i) => i * 7));
const MESSAGE = "0192f0c1-2345-7abc-8def-0123456789ab";

function filterOf(
  texts: readonly string[],
  messageId = MESSAGE,
): { filter: Uint8Array | null; hasher: GramHasher } {
  const hasher = new GramHasher();
  hasher.begin(key, messageId, "body");
  const set = new GramSet();
  for (const text of texts) set.add(text);
  return { filter: set.take(hasher), hasher };
}

function mayHold(text: string, { filter, hasher }: ReturnType<typeof filterOf>): boolean {
  const query = new GramQuery([text]);
  if (filter === null || !query.isUseful) return true;
  return filter.length > 0 && hasBits(filter, query.bits(hasher, filter.length));
}

const words = fc.string({ unit: fc.constantFrom("A", "B", "C", "É", "会", "议", " ", "9"), maxLength: 40 });

test("a filter never denies what is in its text", () => {
  fc.assert(
    fc.property(words, fc.nat(40), fc.nat(40), (text, from, length) => {
      expect(mayHold(text.slice(from, from + length), filterOf([text]))).toBe(true);
    }),
  );
});

test("it denies nearly everything that is not", () => {
  const text = Array.from({ length: 400 }, (_, i) => `WORD${i * 7919}`).join(" ");
  const made = filterOf([text]);
  let maybe = 0;
  for (let i = 0; i < 2_000; i++) if (mayHold(`X${i}Y`, made)) maybe += 1;
  expect(maybe).toBeLessThan(40);
  expect(made.filter?.length).toBeLessThan(text.length);
});

test("two characters tell something only where words are that short", () => {
  expect(gramsOf("AB")).toEqual([]);
  expect(gramsOf("会议")).toHaveLength(1);
  expect(gramsOf("会议室")).toHaveLength(1);
  expect(mayHold("会议", filterOf(["明天的会议"]))).toBe(true);
  expect(mayHold("议会", filterOf(["明天的会议"]))).toBe(false);
});

test("equal texts of two messages have filters with nothing in common", () => {
  const text = "THE SAME WORDS, AGAIN AND AGAIN, IN EVERY MESSAGE THAT THERE IS";
  const [a, b] = [filterOf([text]), filterOf([text], MESSAGE.replace("89ab", "89ac"))];
  expect(a.filter).not.toEqual(b.filter);
  expect(mayHold("SAME WORDS", { filter: a.filter, hasher: b.hasher })).toBe(false);
});

test("no text at all holds nothing, and too much of it may hold everything", () => {
  expect(mayHold("ABC", filterOf([]))).toBe(false);
  const text = Array.from({ length: 70_000 }, (_, i) =>
    String.fromCharCode(0x400 + (i % 251), 0x800 + (i % 257)),
  ).join("");
  const all = filterOf([text]);
  expect(all.filter).toBeNull();
  expect(mayHold("ABC", all)).toBe(true);
});
