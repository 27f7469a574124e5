import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createTransport } from "nodemailer";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { isInstalled, needs } from "../support/programs.ts";
import { type System, startSystem } from "../support/system.ts";
import { PHONE, openBrowser, rows, signIn, visit, write } from "./browser.ts";

let system: System;
let browser: Browser;

beforeAll(async () => {
  if (!isInstalled("chromium")) return;
  [system, browser] = await Promise.all([startSystem(), openBrowser()]);
  await addAgency(system, "acme", ["anna", "boris", "carla", "dora", "elias", "fotini", "gina", "hans"]);
});
beforeEach((context) => needs(context, "chromium"));
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

async function inboxOf(name: string, width?: number): Promise<{ page: Page; faults: readonly string[] }> {
  const visited = await visit(browser, system.webUrl, width === undefined ? {} : { width });
  await signIn(visited.page, `${name}@acme.test`, PASSWORD);
  return visited;
}

/** Hands a message to the MX port, as any server of the world would. */
async function deliver(to: string, mail: Readonly<Record<string, unknown>>): Promise<void> {
  const transport = createTransport({
    host: "127.0.0.1",
    port: system.ports.mx,
    secure: false,
    ignoreTLS: true,
  });
  await transport.sendMail({ from: "Kostas Dimou <kostas@remote.example>", to: `${to}@acme.test`, ...mail });
  transport.close();
}

test("a message appears by itself at the other person's screen, is read, answered, and the answer comes back", async () => {
  const anna = await inboxOf("anna");
  const boris = await inboxOf("boris");
  await anna.page.getByRole("button", { name: "Write" }).click();
  await write(anna.page, { to: "boris@acme.test", subject: "Street lights", text: "Are they paid for?" });
  await anna.page.getByRole("button", { name: "Send", exact: true }).click();
  await anna.page.getByText("Message sent").first().waitFor();

  // It leaves when it can't be taken back any more.
  const row = rows(boris.page, "Street lights");
  await row.waitFor({ timeout: 60_000 });
  expect(await row.textContent()).toContain("Unread");
  await boris.page.getByRole("link", { name: /^Inbox.*1 unread message/ }).waitFor();
  await row.click();
  await boris.page.getByRole("heading", { name: "Street lights" }).waitFor();
  await boris.page.getByText("Are they paid for?", { exact: true }).last().waitFor();
  await expect.poll(async () => row.textContent()).not.toContain("Unread");

  await boris.page.getByRole("button", { name: "Reply", exact: true }).click();
  const text = boris.page.getByLabel("Text of the message").first();
  expect(await text.inputValue()).toMatch(/wrote:\n> Are they paid for\?/);
  await text.fill("Since Monday.");
  await boris.page.keyboard.press("Control+Enter");
  await boris.page.getByText("Message sent").first().waitFor();
  await boris.page.getByRole("img", { name: "Answered" }).waitFor();

  await rows(anna.page, "Re: Street lights").click({ timeout: 60_000 });
  await anna.page.getByText("Since Monday.", { exact: true }).last().waitFor();
  // The message that was answered stands in the same conversation.
  await anna.page.getByRole("button", { name: /Are they paid for/ }).click();
  await anna.page.goto("/mail/sent");
  await rows(anna.page, "Street lights").waitFor();
  expect([...anna.faults, ...boris.faults]).toEqual([]);
});

test("deleting can be undone, and deleting for ever asks first", async () => {
  await deliver("carla", { subject: "Old news", text: "x" });
  const { page, faults } = await inboxOf("carla", PHONE);
  await rows(page, "Old news").click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("heading", { name: "Your mailbox is open" }).waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await rows(page, "Old news").click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("heading", { name: "Your mailbox is open" }).waitFor();

  await page.getByRole("button", { name: "Show the folders" }).click();
  await page.getByRole("link", { name: "Trash" }).click();
  await rows(page, "Old news").click();
  await page.getByRole("button", { name: "Delete for ever" }).click();
  const question = page.getByRole("dialog", { name: /for ever\? This can’t be undone/ });
  await question.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("heading", { name: "Old news" }).waitFor();
  await page.getByRole("button", { name: "Delete for ever" }).click();
  await question.getByRole("button", { name: "Delete for ever" }).click();
  await page.getByText("Nothing here").waitFor();
  await page.reload();
  await page.getByText("Nothing here").waitFor();
  expect(faults).toEqual([]);
});

test("a message from outside runs nothing and loads nothing, until its pictures are asked for", async () => {
  const pixel = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");
  await deliver("dora", {
    subject: "Offer",
    html: `<p>Dear Dora</p><img src="cid:seal@here" alt="seal" width="20">
      <img src="https://pictures.example/track.gif" alt="banner"><script>parent.document.title = "owned"</script>
      <p onclick="parent.document.title='owned'">bye</p><style>body { background: url(https://pictures.example/css.gif) }</style>
      <a href="https://read.example/more">more</a> <a href="javascript:parent.document.title='owned'">bad</a>`,
    attachments: [{ filename: "seal.gif", content: pixel, cid: "seal@here" }],
  });
  const { page, faults } = await inboxOf("dora");
  const asked: string[] = [];
  await page.route("https://pictures.example/**", async (route) => {
    asked.push(route.request().url());
    await route.fulfill({ contentType: "image/gif", body: pixel });
  });
  await rows(page, "Offer").click();
  const body = page.frameLocator("iframe[title='Text of the message']");
  await body.getByText("Dear Dora").waitFor();
  await body.getByText("bye").click();
  await body.getByText("bad").click();
  const seal = body.getByAltText("seal");
  expect(await seal.getAttribute("src")).toMatch(/^blob:/);
  const link = body.getByText("more");
  expect(await link.getAttribute("rel")).toBe("noopener noreferrer");
  expect(await link.getAttribute("target")).toBe("_blank");
  expect(await body.locator("script, [onclick], [href^=javascript]").count()).toBe(0);
  expect(asked).toEqual([]);
  expect(await page.title()).toContain("Inbox");

  await page.getByRole("button", { name: "Show remote images" }).click();
  const remote = ["https://pictures.example/css.gif", "https://pictures.example/track.gif"];
  await expect.poll(() => asked.toSorted()).toEqual(remote);
  // The browser tells of each handler that it refuses while the body is parsed for cleaning.
  const told = /pictures\.example|^Executing inline event handler violates/;
  expect(faults.filter((fault) => !told.test(fault))).toEqual([]);

  // The next message, or this one opened again, blocks them anew.
  await page.reload();
  await page.getByRole("button", { name: "Show remote images" }).waitFor();
  expect(asked).toHaveLength(2);
});

test("an attachment goes up, travels, and comes down with the same bytes", async () => {
  const bytes = randomBytes(700_000);
  const { page, faults } = await inboxOf("elias");
  await page.getByRole("button", { name: "Write" }).click();
  await write(page, { to: "elias@acme.test", subject: "The plan", text: "See attached." });
  await page
    .locator("input[type=file]")
    .setInputFiles({ name: "Σχέδιο 2027.bin", mimeType: "application/octet-stream", buffer: bytes });
  await page.getByRole("button", { name: "Remove Σχέδιο 2027.bin" }).waitFor();
  await page.getByRole("progressbar").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await rows(page, "The plan").click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: /Σχέδιο 2027\.bin/ }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("Σχέδιο 2027.bin");
  expect(readFileSync(await download.path()).equals(bytes)).toBe(true);
  expect(faults).toEqual([]);
});

test("nothing that was typed is lost: not by a reload, not by a dead network", async () => {
  const { page } = await inboxOf("fotini");
  await page.getByRole("button", { name: "Write" }).click();
  await write(page, { to: "gina@acme.test", subject: "Half a thought", text: "It begins" });
  await page.getByText(/^Saved \d/).waitFor();
  await page.reload();
  await page.getByRole("link", { name: /^Drafts.*1 draft/ }).click();
  await rows(page, "Half a thought").click();
  const text = page.getByLabel("Text of the message").first();
  await expect.poll(async () => text.inputValue()).toBe("It begins");

  await page.context().setOffline(true);
  await text.fill("It begins and goes on");
  await page.getByText("Not saved on the server yet; kept in this browser").waitFor();
  // The window is closed while the network is away, so nothing of it can get out.
  const context = page.context();
  await page.close();
  await context.setOffline(false);
  const again = await context.newPage();
  await again.goto("/mail/inbox");
  await again.getByText("This message wasn’t saved when you left.").first().waitFor();
  const kept = again.getByLabel("Text of the message").first();
  await expect.poll(async () => kept.inputValue()).toBe("It begins and goes on");
  await again.getByText(/^Saved \d/).waitFor();
  await again.getByRole("button", { name: "Send", exact: true }).click();
  await again.getByText("Message sent").first().waitFor();
  await again.goto("/mail/drafts");
  await again.getByText("Nothing here").waitFor();
});

test("wrong recipients are named, and the message stays", async () => {
  const { page } = await inboxOf("fotini");
  await page.getByRole("button", { name: "Write" }).click();
  await write(page, { subject: "To nobody", text: "x" });
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText("Add at least one recipient.").waitFor();
  await write(page, { to: "no address", text: "x" });
  await page.getByText("“no address” isn’t an e-mail address.").first().waitFor();
  await page.getByRole("button", { name: "Discard" }).click();
  await page
    .getByRole("dialog", { name: /^Discard this message/ })
    .getByRole("button", { name: "Discard" })
    .click();
  const composer = page.getByRole("dialog", { name: "New message" });
  await composer.waitFor({ state: "detached" });
  expect(await page.getByText("Message sent").count()).toBe(0);
});

test("new mail also comes when the event stream is cut off", async () => {
  const { page } = await visit(browser, system.webUrl);
  await page.route(/eventsource/, (route) => route.abort());
  await signIn(page, "gina@acme.test", PASSWORD);
  await page.getByText("Half a thought").first().waitFor();
  await deliver("gina", { subject: "By polling", text: "x" });
  await rows(page, "By polling").waitFor({ timeout: 30_000 });
  expect(await rows(page, "By polling").count()).toBe(1);
});

test("everything works with keys alone", async () => {
  await deliver("hans", { subject: "Older", text: "first" });
  await deliver("hans", { subject: "Newer", text: "second" });
  const { page, faults } = await inboxOf("hans");
  await rows(page, "Newer").waitFor();
  await page.keyboard.press("j");
  await page.getByRole("heading", { name: "Newer" }).waitFor();
  await page.keyboard.press("j");
  await page.getByRole("heading", { name: "Older", exact: true }).waitFor();
  await page.keyboard.press("s");
  await page.getByRole("button", { name: "Star: Older", pressed: true }).waitFor();
  await page.keyboard.press("Enter");
  await expect.poll(async () => page.locator("h1:focus").textContent()).toBe("Older");
  await page.keyboard.press("r");
  const text = page.getByLabel("Text of the message").first();
  await text.waitFor();
  await page.locator("textarea:focus").waitFor();
  await page.keyboard.type("By keys.");
  await page.keyboard.press("Escape");
  await page.getByText("Saved in Drafts").first().waitFor();
  await page.keyboard.press("e");
  await rows(page, "Older").waitFor({ state: "detached" });
  await page.keyboard.press("z");
  await rows(page, "Older").waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await page.keyboard.type("subject:older");
  await expect.poll(async () => rows(page).count()).toBe(1);
  expect(faults).toEqual([]);

  // By Tab: from the skip link to the first message, and each stop can be seen.
  await page.goto("/mail/inbox");
  await rows(page, "Newer").waitFor();
  await page.keyboard.press("Tab");
  await expect.poll(async () => page.locator(":focus").textContent()).toBe("Skip to the messages");
  await page.keyboard.press("Enter");
  for (let stop = 0; stop < 4 && (await page.locator("[data-row]:focus").count()) === 0; stop += 1) {
    await page.keyboard.press("Tab");
  }
  expect(await page.locator("[data-row]:focus").textContent()).toContain("Newer");
  expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
});

test("several messages move to a new folder together", async () => {
  await deliver("hans", { subject: "Invoice 1", text: "x" });
  await deliver("hans", { subject: "Invoice 2", text: "x" });
  const { page, faults } = await inboxOf("hans");
  await page.getByRole("button", { name: "New folder" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Invoices");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("link", { name: "Invoices" }).waitFor();
  await page.getByRole("checkbox", { name: "Select: Invoice 1" }).check();
  await page.getByRole("checkbox", { name: "Select: Invoice 2" }).check();
  await page.getByText("2 selected").waitFor();
  await page.getByRole("button", { name: "Move to a folder" }).first().click();
  await page.getByRole("menuitem", { name: "Invoices" }).click();
  await page.getByText("2 messages moved to Invoices").first().waitFor();
  await rows(page, "Invoice 1").waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Invoices" }).click();
  await expect.poll(async () => rows(page).count()).toBe(2);
  expect(faults).toEqual([]);
});

test("an ended session leads back to the same place, with what was being written", async () => {
  await deliver("carla", { subject: "Still here", text: "x" });
  const { page } = await inboxOf("carla");
  await rows(page, "Still here").click();
  await page.getByRole("heading", { name: "Still here" }).waitFor();
  await page.getByRole("button", { name: "Write" }).click();
  await write(page, { subject: "Long letter", text: "Every word" });
  await page.getByText(/^Saved \d/).waitFor();
  await page.context().clearCookies();
  await write(page, { text: "Every word of it" });
  await page.getByText("Your session has ended. Sign in to go on where you were.").waitFor();
  await page.getByLabel("E-mail address").fill("carla@acme.test");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Still here" }).waitFor();
  const text = page.getByLabel("Text of the message").first();
  await expect.poll(async () => text.inputValue()).toBe("Every word of it");
});

test("signing out ends the session, and signing in leads back", async () => {
  const { page } = await inboxOf("boris");
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.goto("/mail/sent");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByLabel("E-mail address").fill("boris@acme.test");
  await page.getByLabel("Password", { exact: true }).fill("not this one");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("The address and the password don’t belong together.").waitFor();
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Sent", level: 1 }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/mail/sent");
});
