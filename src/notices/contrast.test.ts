import { expect, test } from "vitest";
import { contrastWithWhite } from "./contrast.ts";

// Of the definition in WCAG 2.1.
test.each([
  ["#000000", 21],
  ["#ffffff", 1],
  ["#767676", 4.54],
  ["#777777", 4.48],
  ["#ff0000", 4],
])("%s", (colour, ratio) => {
  expect(contrastWithWhite(colour)).toBeCloseTo(ratio, 1);
});
