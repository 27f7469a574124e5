import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { isInstalled, needs } from "../support/programs.ts";
import { type System, startSystem } from "../support/system.ts";
import { DESK, expectAccessible, openBrowser, PHONE, signIn, visit } from "./browser.ts";

const BOSS = "ines@acme.test";

/** Each screen is looked through twice. */
const LONG_MS = 300_000;

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

const DIALOGS = [
  ["/admin/roles", "Give a role"],
  ["/admin/support", "Grant"],
  ["/admin/api-keys", "Make a key"],
  ["/admin/webhooks", "Add a webhook"],
] as const;

test.each([DESK, PHONE])(
  "axe finds nothing on the settings at %i px, by day and by night, and nothing is reached by scrolling sideways",
  async (width) => {
    const { page, faults } = await visit(browser, system.webUrl, { width });
    await signIn(page, BOSS, PASSWORD);
    for (const path of SCREENS) {
      await page.goto(path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await expect.poll(async () => page.locator("[aria-busy=true]").count()).toBe(0);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await expectAccessible(page, `${path} ${colorScheme}`);
      }
      const isNarrow = await page.evaluate("document.documentElement.scrollWidth <= innerWidth");
      expect([path, isNarrow]).toEqual([path, true]);
    }
    expect(faults).toEqual([]);
  },
  LONG_MS,
);

test.each([DESK, PHONE])(
  "axe finds nothing on the dialogs at %i px, Escape closes them, and the button has the focus again",
  async (width) => {
    const { page, faults } = await visit(browser, system.webUrl, { width });
    await signIn(page, BOSS, PASSWORD);
    for (const [path, button] of DIALOGS) {
      await page.goto(path);
      const opener = page.getByRole("button", { name: button, exact: true });
      await opener.focus();
      await page.keyboard.press("Enter");
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("button", { name: "Cancel" }).waitFor();
      await expectAccessible(page, `${path} ${button}`);
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      await expect.poll(async () => opener.evaluate((one) => one.matches(":focus"))).toBe(true);
    }
    expect(faults).toEqual([]);
  },
  LONG_MS,
);
