import { expect, test } from "vitest";
import { choosePool } from "./egress-pool.ts";

const DAY_MS = 86_400_000;
const known = { tenantAgeMs: 90 * DAY_MS, isVerified: true, isBulk: false, isReport: false };

test("newcomers, bulk and reports leave apart from people's mail", () => {
  expect(choosePool(known)).toBe("main");
  expect(choosePool({ ...known, isBulk: true })).toBe("bulk");
  expect(choosePool({ ...known, isReport: true, isBulk: true })).toBe("reports");
  expect(choosePool({ ...known, isVerified: false, isBulk: true })).toBe("new");
  expect(choosePool({ ...known, tenantAgeMs: 29 * DAY_MS })).toBe("new");
});
