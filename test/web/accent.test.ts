import { expect, test } from "vitest";
import { accentProperties, contrastWithWhite } from "../../web/ui/accent.ts";

/** What the server lets through: white text on it can be read. */
const COLOURS = ["#0f5b6c", "#7a1f5c", "#000000", "#767676", "#c00000", "#1d4ed8", "#5b2a00", "#046a38"];

test("contrast with white is that of WCAG 2.1", () => {
  expect(contrastWithWhite("#000000")).toBeCloseTo(21);
  expect(contrastWithWhite("#ffffff")).toBeCloseTo(1);
  expect(contrastWithWhite("#767676")).toBeCloseTo(4.54, 2);
});

test.each(COLOURS)("buttons of %s carry white text by day and by night, and links can be read", (colour) => {
  const made = accentProperties(colour);
  // by night 6, by day 7, and 8 under the pointer
  for (const name of ["--mantine-color-aegean-6", "--mantine-color-aegean-7", "--mantine-color-aegean-8"])
    expect([name, contrastWithWhite(made[name] ?? "") >= 4.5]).toEqual([name, true]);
  expect(contrastWithWhite(made["--agency-day-ink"] ?? "")).toBeGreaterThanOrEqual(4.5);
  // light on dark: so light that white can't be read on it
  expect(contrastWithWhite(made["--agency-night-ink"] ?? "")).toBeLessThan(4.5);
  expect(contrastWithWhite(made["--agency-panel"] ?? "")).toBeGreaterThanOrEqual(7);
});
