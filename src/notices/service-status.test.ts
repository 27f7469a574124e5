import { expect, test } from "vitest";
import type { Incident } from "../contract/notices.ts";
import { serviceStatus } from "./service-status.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const incident = (change: Partial<Incident>): Incident => ({
  id: "1",
  kind: "minor",
  parts: ["reading"],
  title: { en: "x" },
  state: "investigating",
  startsAt: "2026-11-22T11:00:00Z",
  endsAt: null,
  updates: [],
  ...change,
});
const reading = (...all: Incident[]): string =>
  serviceStatus(all, NOW).parts.find((one) => one.part === "reading")?.state ?? "";

test("the worst that is open now says how a part is", () => {
  expect(reading()).toBe("ok");
  expect(reading(incident({}), incident({ kind: "critical" }), incident({ kind: "maintenance" }))).toBe(
    "critical",
  );
  expect(reading(incident({ state: "resolved" }))).toBe("ok");
  expect(reading(incident({ kind: "notice" }))).toBe("ok");
  expect(reading(incident({ parts: ["web"] }))).toBe("ok");
});

test("maintenance counts from its beginning to its end", () => {
  const planned = { kind: "maintenance", state: "planned" } as const;
  expect(reading(incident({ ...planned, startsAt: "2026-11-22T13:00:00Z" }))).toBe("ok");
  expect(reading(incident({ ...planned, endsAt: "2026-11-22T13:00:00Z" }))).toBe("maintenance");
  const over = incident({ ...planned, endsAt: "2026-11-22T11:30:00Z" });
  expect(reading(over)).toBe("ok");
  expect(serviceStatus([over], NOW)).toMatchObject({ current: [], past: [{ id: "1" }] });
});
