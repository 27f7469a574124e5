import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { isInstalled, needs } from "../support/programs.ts";
import { type System, startSystem } from "../support/system.ts";
import { DESK, expectAccessible, openBrowser, PHONE, rows, signIn, visit, write } from "./browser.ts";

let system: System;
let browser: Browser;

beforeAll(async () => {
  if (!isInstalled("chromium")) return;
  [system, browser] = await Promise.all([startSystem(), openBrowser()]);
  await addAgency(system, "acme", ["anna", "boris", "carla"]);
});
beforeEach((context) => needs(context, "chromium"));
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

async function inboxOf(name: string, view: { width?: number; scheme?: "light" | "dark" } = {}) {
  const visited = await visit(browser, system.webUrl, view);
  await signIn(visited.page, `${name}@acme.test`, PASSWORD);
  return visited;
}

async function writeTo(page: Page, to: string, subject: string): Promise<void> {
  await page.getByRole("button", { name: "Write" }).first().click();
  await write(page, { to, subject, text: `About ${subject}.` });
}

test("a message that was sent by mistake is taken back for ten seconds, and opens again as it was", async () => {
  const { page, faults } = await inboxOf("anna");
  await writeTo(page, "boris@acme.test", "Budget");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText("Message sent").first().waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  const composer = page.getByRole("dialog", { name: "New message" });
  await composer.waitFor();
  expect(await composer.getByLabel("Subject").inputValue()).toBe("Budget");
  expect(await composer.getByLabel("Text of the message").inputValue()).toContain("About Budget.");
  await composer.getByRole("button", { name: "Save and close" }).click();
  await page.goto("/mail/drafts");
  await rows(page, "Budget").waitFor();
  await page.goto("/mail/sent");
  await page.getByRole("heading", { name: "Sent", level: 1 }).waitFor();
  expect(await rows(page, "Budget").count()).toBe(0);
  expect(faults).toEqual([]);
});

test.for([
  { width: DESK, scheme: "light" as const },
  { width: PHONE, scheme: "dark" as const },
])(
  "a message is sent tomorrow ($width, $scheme), says so among the sent ones, and is called back",
  async (view) => {
    const { page, faults } = await inboxOf("anna", view);
    const subject = `Plan ${view.width}`;
    await writeTo(page, "boris@acme.test", subject);
    await page.getByRole("button", { name: "Send later" }).click();
    await page.getByRole("menuitem", { name: /Tomorrow morning/ }).waitFor();
    await expectAccessible(page, `send later, menu, ${view.width}`);
    await page.getByRole("menuitem", { name: "Choose a time …" }).click();
    const dialog = page.getByRole("dialog", { name: "Send later" });
    const field = dialog.getByLabel("Day and time");
    await field.fill("2020-01-01T08:00");
    await dialog.getByRole("button", { name: "Send then" }).click();
    await dialog.getByText("Choose a time that is still to come.").waitFor();
    await expectAccessible(page, `send later, dialog, ${view.width}`);
    const soon = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    await field.fill(`${soon}T09:30`);
    await dialog.getByRole("button", { name: "Send then" }).click();
    await page
      .getByText(/^The message leaves on .*9:30/)
      .first()
      .waitFor();
    await page.goto("/mail/sent");
    await rows(page, subject).click();
    await page.getByText(/^This message waits, and leaves on .*9:30/).waitFor();
    await expectAccessible(page, `a waiting message, ${view.width}`);
    await page.getByRole("button", { name: "Don’t send it" }).click();
    await page.getByText("The message is a draft again").first().waitFor();
    await page.goto("/mail/drafts");
    await rows(page, subject).waitFor();
    expect(faults).toEqual([]);
  },
);

test("a reached limit says in words which one it is, and until when", async () => {
  const { page } = await inboxOf("carla");
  // Clients on this machine have no limits: what the server says to others is played here.
  await page.route("**/jmap/api", async (route) => {
    const body = route.request().postData() ?? "";
    if (!body.includes("EmailSubmission/set")) return route.continue();
    const response = await route.fetch();
    const text = await response.text();
    const limit = {
      scope: "mailbox",
      what: "messages",
      window: "day",
      limit: 5,
      until: "2026-11-23T00:00:00Z",
    };
    const answer = JSON.parse(text);
    for (const one of answer.methodResponses)
      if (one[0] === "EmailSubmission/set") {
        one[1].created = null;
        one[1].notCreated = { submission: { type: "rateLimit", limit } };
      }
    return route.fulfill({ response, json: answer });
  });
  await writeTo(page, "x@elsewhere.test", "Too much");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  const alert = page.getByRole("alert").filter({ hasText: "limit" });
  await alert.waitFor();
  expect(await alert.textContent()).toMatch(
    /^Your mailbox has reached a limit: 5 messages a day to addresses outside\. It ends at /,
  );
});
