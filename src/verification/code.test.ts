import { expect, test } from "vitest";
import { isCode } from "./code.ts";

test.for(["ABCD-EF27", "abcdef27", " abcd ef27 ", "ABCD–EF27"])("«%s» is the code", (typed) => {
  expect(isCode(typed, "ABCD-EF27")).toBe(true);
});

test.for(["", "ABCD-EF2", "ABCD-EF277", "ABCD-EF28", "BBCD-EF27", "ABCD-EF27ABCD-EF27"])(
  "«%s» is not",
  (typed) => {
    expect(isCode(typed, "ABCD-EF27")).toBe(false);
  },
);

test("a zero is the letter, and a one too", () => {
  expect(isCode("0001-1111", "OOOI-IIII")).toBe(true);
});
