import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { isInstalled, needs } from "../support/programs.ts";
import { type System, startSystem } from "../support/system.ts";
import { DESK, expectAccessible, openBrowser, PHONE, signIn, visit } from "./browser.ts";

const BOSS = "ines@acme.test";

let system: System;
let browser: Browser;
beforeAll(async () => {
  if (!isInstalled("chromium")) return;
  [system, browser] = await Promise.all([startSystem(), openBrowser()]);
  await addAgency(system, "acme", ["ines"]);
  await system.cli("role", "grant", BOSS, "owner");
  const words = ["--operator", "Maria P", "--reason", "Mail comes back", "--hours", "4"];
  await system.cli("support", "ask", "acme", ...words, "--scope", "settings");
});
beforeEach((context) => needs(context, "chromium"));
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

const SCREENS = [
  "/admin/overview",
  "/admin/security",
  "/admin/security?view=signIns",
  "/admin/security?view=sessions",
  "/admin/security?view=attacks",
  "/admin/security?view=policy",
  "/admin/roles",
  "/admin/audit",
  "/admin/support",
  "/admin/branding",
  "/admin/verification",
  "/admin/notices",
  "/admin/api-keys",
  "/admin/webhooks",
  "/admin/api",
  "/settings/security",
] as const;

describe.each([
  { width: DESK, scheme: "light" as const },
  { width: DESK, scheme: "dark" as const },
  { width: PHONE, scheme: "light" as const },
  { width: PHONE, scheme: "dark" as const },
])("$width px, $scheme", ({ width, scheme }) => {
  test("axe finds nothing on the settings, and nothing is reached by scrolling sideways", async () => {
    const { page, faults } = await visit(browser, system.webUrl, { width, scheme });
    await signIn(page, BOSS, PASSWORD);
    for (const path of SCREENS) {
      await page.goto(path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await expect.poll(async () => page.locator("[aria-busy=true]").count()).toBe(0);
      await expectAccessible(page, path);
      expect([path, await page.evaluate("document.documentElement.scrollWidth <= innerWidth")]).toEqual([
        path,
        true,
      ]);
    }
    expect(faults).toEqual([]);
  });
});
