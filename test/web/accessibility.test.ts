import { createTransport } from "nodemailer";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { isInstalled, needs } from "../support/programs.ts";
import { type System, startSystem } from "../support/system.ts";
import { DESK, PHONE, expectAccessible, openBrowser, rows, signIn, visit, write } from "./browser.ts";

let system: System;
let browser: Browser;

beforeAll(async () => {
  if (!isInstalled("chromium")) return;
  [system, browser] = await Promise.all([startSystem(), openBrowser()]);
  await addAgency(system, "acme", ["ines"]);
  const transport = createTransport({
    host: "127.0.0.1",
    port: system.ports.mx,
    secure: false,
    ignoreTLS: true,
  });
  const common = { from: "Anna Rossi <anna@remote.example>", to: "ines@acme.test" };
  await transport.sendMail({
    ...common,
    subject: "With everything",
    text: "Hello\n\n> quoted\n\nhttps://example.org",
    attachments: [{ filename: "plan.pdf", content: "x" }],
  });
  await transport.sendMail({
    ...common,
    subject: "In HTML",
    html: "<h1>Hello</h1><img src='https://pictures.example/a.png'>",
  });
  transport.close();
});
beforeEach((context) => needs(context, "chromium"));
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

describe.each([
  { width: DESK, scheme: "light" as const },
  { width: DESK, scheme: "dark" as const },
  { width: PHONE, scheme: "light" as const },
  { width: PHONE, scheme: "dark" as const },
])("$width px, $scheme", ({ width, scheme }) => {
  test("axe finds nothing on the pages before the mailbox", async () => {
    const { page, faults } = await visit(browser, system.webUrl, { width, scheme });
    await page.goto("/sign-in");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await expectAccessible(page, "sign-in");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Enter your password.").waitFor();
    await expectAccessible(page, "sign-in with mistakes");

    await page.goto("/sign-up");
    await page.getByLabel("Name of the agency").fill("Test Town");
    await expectAccessible(page, "sign-up: names");
    await page.getByLabel("Your name").fill("Ines Test");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("This address is free.").waitFor();
    await expectAccessible(page, "sign-up: address");
    await page.getByLabel("You", { exact: true }).fill("postmaster");
    await page.getByText("This name is kept").waitFor();
    await expectAccessible(page, "sign-up: address refused");
    await page.getByLabel("You", { exact: true }).fill("ines");
    await page.getByText("This address is free.").waitFor();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "Create the mailbox" }).click();
    await page.getByText("Use at least 10 characters.").waitFor();
    await expectAccessible(page, "sign-up: password");

    for (const path of ["/terms", "/privacy", "/nothing-here"]) {
      await page.goto(path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await expectAccessible(page, path);
    }
    await expectNoSideways(page);
    expect(faults).toEqual([]);
  });

  test("axe finds nothing on the mail screens", async () => {
    const { page, faults } = await visit(browser, system.webUrl, { width, scheme });
    const isPhone = width === PHONE;
    await signIn(page, "ines@acme.test", PASSWORD);
    await rows(page, "In HTML").waitFor();
    await expectAccessible(page, "inbox");
    if (isPhone) {
      await page.getByRole("button", { name: "Show the folders" }).click();
      await page.getByRole("dialog", { name: "Folders" }).waitFor();
      await expectAccessible(page, "folders");
      await page.keyboard.press("Escape");
      await page.getByRole("dialog", { name: "Folders" }).waitFor({ state: "detached" });
    }
    await rows(page, "In HTML").click();
    await page.getByRole("button", { name: "Show remote images" }).waitFor();
    await expectAccessible(page, "an HTML message");
    if (isPhone) await page.getByRole("button", { name: "Back to the list" }).click();
    await rows(page, "With everything").click();
    await page.getByRole("heading", { name: "1 attachment" }).waitFor();
    await page.getByRole("button", { name: "Show all details" }).click();
    await expectAccessible(page, "a text message");
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Mark as unread" }).waitFor();
    await expectAccessible(page, "menu");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Move to a folder" }).click();
    await page.getByRole("menuitem", { name: "Archive" }).waitFor();
    await expectAccessible(page, "folders to move to");
    await page.keyboard.press("Escape");
    if (!isPhone) {
      await page.getByRole("button", { name: /^Account of/ }).click();
      await page.getByRole("menuitem", { name: "Sign out" }).waitFor();
      await expectAccessible(page, "account");
      await page.keyboard.press("Escape");
    }

    await page.getByRole("button", { name: "Reply", exact: true }).click();
    await write(page, { to: "no address", text: "Hello" });
    await page.getByText("“no address” isn’t").waitFor();
    await expectAccessible(page, "composer");
    await page.getByRole("button", { name: "Discard" }).click();
    const question = page.getByRole("dialog", { name: /^Discard this message/ });
    await question.waitFor();
    await expectAccessible(page, "question");
    await question.getByRole("button", { name: "Discard" }).click();
    await page.getByRole("dialog", { name: "New message" }).waitFor({ state: "detached" });

    if (isPhone) await page.getByRole("button", { name: "Back to the list" }).click();
    await page.getByRole("checkbox", { name: "Select: In HTML" }).check();
    await expectAccessible(page, "selection");
    await page.getByRole("button", { name: "Clear the selection" }).click();
    await page.getByRole("searchbox").fill("nothing like this");
    await page.getByText("No message found").waitFor();
    await expectAccessible(page, "search");
    await page.goto("/mail/trash");
    await page.getByText("Nothing here").waitFor();
    await expectAccessible(page, "empty folder");
    await page.goto("/settings");
    await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
    await expectAccessible(page, "settings");
    await expectNoSideways(page);
    expect(faults).toEqual([]);
  });
});

/** WCAG 1.4.10: nothing of the page is reached by scrolling sideways. */
async function expectNoSideways(page: Page): Promise<void> {
  expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
}
