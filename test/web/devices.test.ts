import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { ImapClient } from "../support/imap-client.ts";
import { isInstalled, needs } from "../support/programs.ts";
import { type System, startSystem } from "../support/system.ts";
import { openBrowser, signIn, visit } from "./browser.ts";

const BOSS = "ines@acme.test";

let system: System;
let browser: Browser;
beforeAll(async () => {
  if (!isInstalled("chromium")) return;
  [system, browser] = await Promise.all([startSystem(), openBrowser()]);
  await addAgency(system, "acme", ["ines"]);
  await system.cli("role", "grant", BOSS, "admin");
});
beforeEach((context) => needs(context, "chromium"));
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

async function open(path: string): Promise<{ page: Page; faults: readonly string[] }> {
  const found = await visit(browser, system.webUrl);
  await signIn(found.page, BOSS, PASSWORD);
  await found.page.goto(path);
  return found;
}

test("a program is connected with the keyboard alone, reads its mail, and is locked out", async () => {
  const { page, faults } = await open("/settings");
  await page.getByRole("link", { name: "Connect a phone or program" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Nothing is connected yet.").waitFor();
  await page.getByRole("button", { name: "Thunderbird" }).focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("What do you call it?").focus();
  await page.keyboard.type("Desk at work");
  await page.keyboard.press("Enter");
  await page.getByText("It is shown only now.").waitFor();
  const password = (await page.locator("code").textContent()) ?? "";
  const client = await ImapClient.login({ port: system.ports.imap }, BOSS, password);
  await client.ok("LOGOUT");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Remove Desk at work" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByText("Nothing is connected yet.").waitFor();
  await expect(ImapClient.login({ port: system.ports.imap }, BOSS, password)).rejects.toThrow(
    /AUTHENTICATIONFAILED|NO/,
  );
  expect(faults).toEqual([]);
});

test("an iPhone gets its settings by a code for its camera, once", async () => {
  const { page, faults } = await open("/settings/devices");
  await page.getByRole("button", { name: "iPhone or iPad" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("img", { name: "Code that leads to the settings for this iPhone or iPad" }).waitFor();
  const link = (await page.getByRole("link", { name: "Download the settings" }).getAttribute("href")) ?? "";
  const first = await fetch(new URL(new URL(link).pathname, system.webUrl));
  expect([first.status, first.headers.get("content-type")]).toEqual([
    200,
    "application/x-apple-aspen-config",
  ]);
  expect((await fetch(new URL(new URL(link).pathname, system.webUrl))).status).toBe(404);
  expect(faults).toEqual([]);
});

test("the connection to an old server is tried, and what is wrong is said in words", async () => {
  const { page, faults } = await open("/admin/migrations/new");
  await page.getByRole("button", { name: "Try the connection" }).click();
  await page.getByText("Enter the name of the old server.").waitFor();
  await page.getByLabel("Old mail server (IMAP)").fill("127.0.0.1");
  await page.getByLabel("Address here").fill(BOSS);
  await page.getByLabel("Password there").fill("secret");
  await page.getByRole("button", { name: "Try the connection" }).click();
  await page.getByText("This name leads into a private network, where we can’t get.").waitFor();
  await page.getByText("Many, as administrator").click();
  await page.getByLabel("Addresses", { exact: true }).fill("one@acme.test\ntwo@acme.test");
  await page.getByText("One on each line. 2 so far.").waitFor();
  expect(faults).toEqual([]);
});

test("a file with old mail is sent, read, and its messages are in the mailbox", async () => {
  const { page, faults } = await open("/admin/migrations");
  await page.getByText("No old mail has been brought yet").waitFor();
  await page.getByRole("link", { name: "Bring old mail" }).click();
  await page.getByRole("button", { name: "In files" }).click();
  await page.getByRole("button", { name: "Send the files" }).click();
  await page.getByText("Choose at least one file.").waitFor();
  const letters = [1, 2, 3].map(
    (n) =>
      `From a@old.test Mon Jan  1 10:00:0${n} 2024\nFrom: a@old.test\nSubject: old letter ${n}\nMessage-ID: <${n}@old.test>\n\nhello\n\n`,
  );
  await page.locator("input[type=file]").setInputFiles({
    name: "Archive.mbox",
    mimeType: "application/mbox",
    buffer: Buffer.from(letters.join("")),
  });
  await page.getByLabel("Address here").fill(BOSS);
  await page.getByRole("button", { name: "Send the files" }).click();
  await page.getByRole("heading", { name: "mbox (Thunderbird, Google Takeout)", level: 1 }).waitFor();
  await page.getByText("Finished", { exact: true }).first().waitFor({ timeout: 60_000 });
  await page.getByText("3 of 3 messages").waitFor();
  expect(faults).toEqual([]);
}, 120_000);
