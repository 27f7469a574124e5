import fc from "fast-check";
import { expect, test } from "vitest";
import {
  finish,
  printThreads,
  type Thread,
  threadByOrderedSubject,
  threadByReferences,
  type ThreadMessage,
} from "./index.ts";

interface Told {
  readonly id?: number;
  readonly refs?: readonly number[];
  readonly subject?: string;
  readonly isReply?: boolean;
  readonly sentMs?: number;
}

const message = (told: Told, i: number): ThreadMessage => ({
  number: i + 1,
  sentMs: told.sentMs ?? i,
  baseSubject: told.subject ?? "",
  isReply: told.isReply ?? false,
  id: told.id,
  refs: told.refs ?? [],
});

const references = (...told: readonly Told[]): string =>
  finish(printThreads(finish(threadByReferences(told.map(message)))));
const bySubject = (...told: readonly Told[]): string =>
  finish(printThreads(finish(threadByOrderedSubject(told.map(message)))));

const leaf = (number: number, ...replies: readonly Thread[]): Thread => ({ number, replies });

test("the example of RFC 5256 §4 is printed as it stands there", () => {
  const threads = [leaf(2), leaf(3, leaf(6, leaf(4, leaf(23)), leaf(44, leaf(7, leaf(96)))))];
  expect(finish(printThreads(threads))).toBe("(2)(3 6 (4 23)(44 7 96))");
  const headless: Thread[] = [{ number: undefined, replies: [leaf(3), leaf(5)] }];
  expect(finish(printThreads(headless))).toBe("((3)(5))");
  expect(finish(printThreads([]))).toBe("");
});

test("replies stand below what they refer to, whatever came first", () => {
  expect(references({ id: 10 }, { id: 11, refs: [10] }, { id: 12, refs: [10, 11] })).toBe("(1 2 3)");
  expect(references({ id: 12, refs: [10, 11] }, { id: 11, refs: [10] }, { id: 10 })).toBe("(3 2 1)");
  expect(references({ id: 10 }, { id: 11, refs: [10] }, { id: 12, refs: [10] })).toBe("(1 (2)(3))");
  expect(references({ id: 1, refs: [9] }, { id: 2, refs: [9] })).toBe("((1)(2))");
  expect(references({ id: 2, refs: [8, 9] })).toBe("(1)");
});

test("circles are not closed, and equal ids are different messages", () => {
  expect(references({ id: 1, refs: [2] }, { id: 2, refs: [1] })).toBe("(2 1)");
  expect(references({ id: 1, refs: [1] })).toBe("(1)");
  expect(references({ id: 1 }, { id: 1, refs: [] }, { id: 3, refs: [1] })).toBe("(1 3)(2)");
});

test("a message knows its parent better than those who refer to it", () => {
  expect(references({ id: 3, refs: [1, 2] }, { id: 1 }, { id: 2, refs: [4] }, { id: 4 })).toBe("(2)(4 3 1)");
});

test("threads with one base subject are joined, replies below what they answer", () => {
  const [hello, re] = [{ subject: "HELLO" }, { subject: "HELLO", isReply: true }];
  expect(references(hello, re)).toBe("(1 2)");
  expect(references(re, hello)).toBe("(2 1)");
  expect(references(hello, hello)).toBe("((1)(2))");
  expect(references(re, re, re)).toBe("((1)(2)(3))");
  expect(references({ ...hello, refs: [9] }, { ...hello, refs: [9] }, re)).toBe("((1)(2)(3))");
  expect(references({ subject: "" }, { subject: "" })).toBe("(1)(2)");
});

test("siblings are in the order of their dates, and of their numbers where those are equal", () => {
  expect(references({ id: 1, sentMs: 5 }, { refs: [1], sentMs: 9 }, { refs: [1], sentMs: 7 })).toBe(
    "(1 (3)(2))",
  );
  expect(references({ sentMs: 5 }, { sentMs: 1 }, { sentMs: 5 })).toBe("(2)(1)(3)");
});

test("ORDEREDSUBJECT: one thread a subject, its first message above all others", () => {
  const [a, b] = [{ subject: "A" }, { subject: "B" }];
  expect(bySubject(a, b, a, b, a)).toBe("(1 (3)(5))(2 4)");
  expect(bySubject({ ...a, sentMs: 9 }, b, { ...a, sentMs: 0 })).toBe("(3 1)(2)");
});

const told = fc.record({
  id: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
  refs: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }),
  subject: fc.constantFrom("", "A", "B"),
  isReply: fc.boolean(),
  sentMs: fc.integer({ min: 0, max: 5 }),
});

test("whatever messages say of each other, each is in one thread, once", () => {
  fc.assert(
    fc.property(fc.array(told, { maxLength: 25 }), (all) => {
      const messages = all.map(({ id, ...rest }, i) => message(id === undefined ? rest : { id, ...rest }, i));
      const wanted = messages.map(({ number }) => number);
      for (const threads of [
        finish(threadByReferences(messages)),
        finish(threadByOrderedSubject(messages)),
      ]) {
        const text = finish(printThreads(threads));
        expect((text.match(/\d+/g) ?? []).map(Number).toSorted((a, b) => a - b)).toEqual(wanted);
        expect(text).toMatch(/^[()\d ]*$/);
      }
    }),
    { numRuns: 500 },
  );
});

test("a thread of 50,000, each the reply to the one before, and 50,000 replies to one", () => {
  const chain = Array.from({ length: 50_000 }, (_, i) => message({ id: i + 1, refs: i === 0 ? [] : [i] }, i));
  expect(finish(printThreads(finish(threadByReferences(chain))))).toMatch(/^\(1 2 3 .* 49999 50000\)$/);
  expect(finish(printThreads(finish(threadByReferences(chain.toReversed()))))).toHaveLength(288_895);
  const star = Array.from({ length: 50_000 }, (_, i) => message({ id: i + 1, refs: i === 0 ? [] : [1] }, i));
  expect(finish(printThreads(finish(threadByReferences(star))))).toMatch(/^\(1 \(2\)\(3\).*\(50000\)\)$/);
});
