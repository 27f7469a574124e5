import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { isInstalled, needs } from "../support/programs.ts";
import { type System, startSystem } from "../support/system.ts";
import { webhookReceiver } from "../support/webhook-receiver.ts";
import { expectAccessible, openBrowser, PHONE, signIn, type View, visit } from "./browser.ts";

const BOSS = "ines@acme.test";
const CLERK = "nikos@acme.test";
/** Dark enough for white text. */
const PLUM = "#7a1f5c";

let system: System;
let browser: Browser;
beforeAll(async () => {
  if (!isInstalled("chromium")) return;
  const env = { ANGELIA_WEBHOOK_PRIVATE_HOSTS: "1" };
  [system, browser] = await Promise.all([startSystem({ env }), openBrowser()]);
  await addAgency(system, "acme", ["ines", "nikos"]);
  await system.cli("role", "grant", BOSS, "owner");
});
beforeEach((context) => needs(context, "chromium"));
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

async function open(
  path: string,
  view: View = {},
  who = BOSS,
): Promise<{ page: Page; faults: readonly string[] }> {
  const found = await visit(browser, system.webUrl, view);
  await signIn(found.page, who, PASSWORD);
  await found.page.goto(path);
  return found;
}

test("the agency's name, colour and help stand on its own sign-in page, and its colour in its pages", async () => {
  const { page, faults } = await open("/admin/branding");
  await page.getByLabel("Name of the agency").fill("Town of Acme");
  await page.getByRole("radio", { name: "Our own colour" }).check();
  await page.getByRole("textbox", { name: "Code of the colour" }).fill("#ffee00");
  await page.getByText("White text on it can’t be read well.").waitFor();
  await page.getByRole("textbox", { name: "Code of the colour" }).fill(PLUM);
  await page.getByText("White text on it can be read well.").waitFor();
  await page.getByLabel("Greeting").fill("Mail for the town.");
  await page.getByLabel("Who helps").fill("Help: room 12");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved.").first().waitFor();
  const accent = "getComputedStyle(document.documentElement).getPropertyValue('--accent').trim()";
  expect(await page.evaluate(accent)).toBe(PLUM);
  expect(faults).toEqual([]);

  const stranger = await visit(browser, system.webUrl, { width: PHONE });
  await stranger.page.goto("/sign-in?agency=acme");
  await stranger.page.getByText("Town of Acme").first().waitFor();
  await stranger.page.getByText("Help: room 12").waitFor();
  expect(await stranger.page.evaluate(accent)).toBe(PLUM);
  await expectAccessible(stranger.page, "sign-in of an agency");
  await stranger.page.goto("/sign-in?agency=nobody-here");
  await stranger.page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect(await stranger.page.evaluate(accent)).not.toBe(PLUM);
  expect(stranger.faults.filter((fault) => !fault.includes("404"))).toEqual([]);
});

test("a key is made with the keyboard, works, and ends when it is removed", async () => {
  const { page, faults } = await open("/admin/api-keys");
  await page.getByRole("button", { name: "Make a key" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Make a key for a program" });
  await dialog.getByLabel("What is it for?").waitFor();
  await page.keyboard.type("Monitor");
  await page.keyboard.press("Enter");
  await dialog.getByText("Choose at least one thing.").waitFor();
  await dialog.getByRole("checkbox", { name: "People: change" }).focus();
  await page.keyboard.press("Space");
  expect(await dialog.getByRole("checkbox", { name: "People: look" }).isChecked()).toBe(true);
  await page.keyboard.press("Enter");
  const made = page.getByRole("dialog", { name: "Here is the key" });
  const key = (await made.locator("code").first().textContent()) ?? "";
  expect(key).toMatch(/^angelia-key\./);
  const ask = async (path: string) =>
    (await fetch(`${system.webUrl}${path}`, { headers: { authorization: `Bearer ${key}` } })).status;
  expect([await ask("/v1/people"), await ask("/v1/audit")]).toEqual([200, 403]);
  await made.getByRole("button", { name: "Done" }).click();
  await page.getByText("People (look, change)").waitFor();
  await page.getByRole("button", { name: "Remove the key Monitor" }).click();
  const question = page.getByRole("dialog", { name: /^Remove the key “Monitor”/ });
  await question.getByRole("button", { name: "Remove" }).click();
  await page.getByText("No keys yet").waitFor();
  expect(await ask("/v1/people")).toBe(401);
  expect(faults).toEqual([]);
});

test("a webhook is added, its test arrives, and what failed is tried again", async () => {
  await using receiver = await webhookReceiver();
  const { page, faults } = await open("/admin/webhooks");
  await page.getByRole("button", { name: "Add a webhook" }).click();
  const dialog = page.getByRole("dialog", { name: "Tell a program what happens" });
  await dialog.getByRole("button", { name: "Add a webhook" }).click();
  await dialog.getByText("Enter an address like").waitFor();
  await dialog.getByLabel("Address of the program").fill(receiver.url);
  await dialog.getByLabel("Name, for yourselves").fill("Tickets");
  await dialog.getByRole("radio", { name: "Only some things" }).check();
  await dialog.getByRole("checkbox", { name: "Settings of the agency" }).check();
  await dialog.getByRole("button", { name: "Add a webhook" }).click();
  const shown = page.getByRole("dialog", { name: "Here is the secret" });
  expect(await shown.locator("code").first().textContent()).toMatch(/^whsec_/);
  await shown.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: /^Tickets/ }).click();
  const drawer = page.getByRole("dialog", { name: "Tickets" });
  await drawer.getByText("Alerts, Settings of the agency").waitFor();
  await drawer.getByRole("button", { name: "Send a test" }).click();
  await expect
    .poll(() => receiver.received.map(({ body }) => String(JSON.parse(body).type)), { timeout: 30_000 })
    .toContain("webhook.test");
  const told = drawer.getByRole("listitem").filter({ hasText: "webhook.test" });
  await told.getByText("Arrived").waitFor();
  await drawer.getByRole("button", { name: "Switch off" }).click();
  await drawer.getByText("It is switched off, and told nothing.").waitFor();
  await drawer.getByRole("button", { name: "Remove" }).click();
  const question = page.getByRole("dialog", { name: /^Remove this webhook/ });
  await question.getByRole("button", { name: "Remove" }).click();
  await page.getByText("No webhooks yet").waitFor();
  expect(faults).toEqual([]);
});

test("who gets a role sees just what it allows; the audit log tells it, and can be narrowed down", async () => {
  const { page, faults } = await open("/admin/roles");
  await page.getByRole("button", { name: "Give a role" }).click();
  const dialog = page.getByRole("dialog", { name: "Give somebody a role" });
  await dialog.getByLabel("To whom?").fill(CLERK);
  await dialog.getByRole("radio", { name: "Help desk" }).check();
  await dialog.getByRole("button", { name: "Give a role" }).click();
  await page.getByText("They have the role from now on.").first().waitFor();
  await page.getByRole("listitem").filter({ hasText: CLERK }).getByText("Help desk").waitFor();

  const clerk = await open("/admin", {}, CLERK);
  const menu = clerk.page.getByRole("navigation", { name: "Administration" });
  await menu.getByRole("button", { name: "Mail flow" }).waitFor();
  for (const name of ["Security", "Settings", "Programs and API"])
    expect(await menu.getByRole("button", { name }).count()).toBe(0);
  await clerk.page.goto("/admin/webhooks");
  await clerk.page.getByText("This page isn’t part of your role").waitFor();

  await page.goto("/admin/audit?action=role");
  const lines = page.getByRole("list", { name: "Audit log" }).getByRole("listitem");
  await lines.filter({ hasText: "Role given" }).filter({ hasText: CLERK }).waitFor();
  expect(await lines.filter({ hasNotText: "Role given" }).count()).toBe(0);
  await page.getByLabel("Who", { exact: true }).fill("operator");
  await page.getByRole("button", { name: "Show" }).click();
  await expect.poll(async () => lines.filter({ hasText: CLERK }).count()).toBe(0);
  const file = page.waitForEvent("download");
  await page.getByRole("link", { name: "Save as CSV" }).click();
  expect((await file).suggestedFilename()).toMatch(/^audit.*\.csv$/);

  await page.goto("/admin/roles");
  await page.getByRole("button", { name: `Take the role back: nikos, Help desk` }).click();
  const question = page.getByRole("dialog", { name: /^Take the role “Help desk” back/ });
  await question.getByRole("button", { name: "Take back" }).click();
  await page.getByText("The role is taken back.").first().waitFor();
  expect(faults).toEqual([]);
});

test("support is let in for a time, and sent away", async () => {
  const words = ["--operator", "Maria P", "--reason", "Mail comes back", "--hours", "4"];
  await system.cli("support", "ask", "acme", ...words, "--scope", "settings");
  const { page, faults } = await open("/admin/overview");
  await page.getByText("Maria P of the support asks for access.").waitFor();
  await page.getByRole("link", { name: "Look at it" }).click();
  await page.getByRole("button", { name: "Grant" }).click();
  const dialog = page.getByRole("dialog", { name: "Let the support in" });
  await dialog.getByLabel("For how long at most?").selectOption("2");
  await dialog.getByRole("button", { name: "Grant" }).click();
  await page.getByText("Open now").waitFor();
  await page.goto("/admin/roles");
  await page.getByText(/^Maria P of the support has access until/).waitFor();
  await page.goto("/admin/support");
  await page.getByRole("button", { name: "End now" }).click();
  await page
    .getByRole("listitem")
    .filter({ hasText: "Maria P" })
    .getByText("Ended", { exact: true })
    .waitFor();
  expect(faults).toEqual([]);
});

test("the agency finds itself in the register, has a code sent, and is told that another one is wrong", async () => {
  const dir = mkdtempSync(join(tmpdir(), "angelia-registry-"));
  const file = join(dir, "registry.csv");
  writeFileSync(
    file,
    "official_id,name,kind,email,postal_address\n6002,Δήμος Άκμης,municipality,office@akmi.example,Κεντρική 1\n",
  );
  await system.cli("registry", "import", file, "--country", "GR");
  rmSync(dir, { recursive: true });
  await system.cli("verification", "decide", "acme", "--refused", "--reason", "not who they say");
  const { page, faults } = await open("/admin/verification");
  await page.getByText("Reason: not who they say").waitFor();
  await system.cli("verification", "reopen", "acme");
  await page.reload();
  await page.getByRole("searchbox").fill("akmis");
  await page.getByRole("button", { name: "This is us: Δήμος Άκμης" }).click();
  await page.getByRole("radio", { name: /^By e-mail to o/ }).waitFor();
  await page.getByRole("button", { name: "Send the code" }).click();
  await page.getByText("A code is on its way").waitFor();
  await page.getByLabel("Code", { exact: true }).fill("ABCD-EFGH");
  await page.getByRole("button", { name: "Verify the agency" }).click();
  await page.getByText("This is not the code.").waitFor();
  await page.getByText("9 attempts are left.").waitFor();
  expect(faults.filter((fault) => !fault.includes("422"))).toEqual([]);
});

test("one sees where one is signed in, and signs another browser out", async () => {
  const other = await visit(browser, system.webUrl);
  await signIn(other.page, BOSS, PASSWORD);
  const { page, faults } = await open("/settings/security");
  await page.getByText("This browser").waitFor();
  await page.getByRole("list", { name: "Who else had access to your mailbox" }).waitFor();
  await page
    .getByRole("button", { name: /^Sign out: Chrome/ })
    .first()
    .click();
  await page.getByText("Signed out.").first().waitFor();
  expect(faults).toEqual([]);
});
