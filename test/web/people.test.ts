import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { isInstalled, needs } from "../support/programs.ts";
import { type System, startSystem } from "../support/system.ts";
import { openBrowser, signIn, visit } from "./browser.ts";

const BOSS = "ines@acme.test";

let system: System;
let browser: Browser;
beforeAll(async () => {
  if (!isInstalled("chromium")) return;
  [system, browser] = await Promise.all([startSystem(), openBrowser()]);
  await addAgency(system, "acme", ["ines", "nikos", "desk"]);
  await system.cli("role", "grant", BOSS, "admin");
  await system.cli("role", "grant", "desk@acme.test", "help_desk");
});
beforeEach((context) => needs(context, "chromium"));
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

async function open(path: string, who = BOSS): Promise<{ page: Page; faults: () => readonly string[] }> {
  const { page, faults } = await visit(browser, system.webUrl);
  await signIn(page, who, PASSWORD);
  await page.goto(path);
  // Whether mail of somebody is forwarded is asked, and "no" is a 404.
  return { page, faults: () => faults.filter((one) => !/\b404\b/.test(one)) };
}

test("somebody is added with the keyboard alone, invited, and opens their mailbox by the link", async () => {
  const { page, faults } = await open("/admin/people");
  await page.getByRole("button", { name: "Add a person" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Add a person" });
  await dialog.getByLabel("Name", { exact: true }).waitFor();
  await page.waitForFunction("document.activeElement?.tagName === 'INPUT'");
  await page.keyboard.press("Enter");
  await dialog.getByText("Enter a name.").waitFor();
  await page.keyboard.type("Elèna Ríos");
  expect(await dialog.getByLabel("Address", { exact: true }).inputValue()).toBe("elena.rios");
  await page.keyboard.press("Enter");
  const done = page.getByRole("dialog", { name: "Elèna Ríos is here" });
  const link = await done.locator("code").textContent();
  expect(link).toContain("/invitation/");
  await done.getByRole("button", { name: "Done" }).click();
  const row = page.getByRole("listitem").filter({ hasText: "elena.rios@acme.test" });
  await row.getByText("Invited").waitFor();
  expect(faults()).toEqual([]);

  const guest = await visit(browser, system.webUrl);
  await guest.page.goto(new URL(link ?? "").pathname);
  await guest.page.getByRole("heading", { name: "Welcome, Elèna Ríos" }).waitFor();
  await guest.page.getByText("elena.rios@acme.test").waitFor();
  await guest.page.getByLabel("Choose a password").fill("short");
  await guest.page.keyboard.press("Enter");
  await guest.page.getByText("Use at least 10 characters.").waitFor();
  await guest.page.getByLabel("Choose a password").fill(PASSWORD);
  await guest.page.keyboard.press("Enter");
  await guest.page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
  expect(guest.faults).toEqual([]);
  // The link was good once.
  await guest.page.goto(new URL(link ?? "").pathname);
  await guest.page.getByRole("heading", { name: "This invitation doesn’t work any more" }).waitFor();
});

test("people are found, changed, helped, switched off, removed and restored", async () => {
  const { page, faults } = await open("/admin/people");
  await page.getByRole("searchbox").fill("nik");
  await page.getByRole("listitem").filter({ hasText: "ines@acme.test" }).waitFor({ state: "detached" });
  await page.getByRole("listitem").filter({ hasText: "nikos@acme.test" }).getByRole("button").click();
  const drawer = page.getByRole("dialog").first();
  await drawer.getByRole("button", { name: "Change", exact: true }).click();
  await drawer.getByLabel("Name", { exact: true }).fill("Nikos Ioannou");
  await drawer.getByLabel("Space in GB").fill("much");
  await drawer.getByRole("button", { name: "Save" }).click();
  await drawer.getByText("Enter a number of GB, like 5.").waitFor();
  await drawer.getByLabel("Space in GB").fill("2,5");
  await drawer.getByRole("button", { name: "Save" }).click();
  await drawer.getByText("0 MB of 2.5 GB").waitFor();
  await drawer.getByLabel("Further address", { exact: true }).fill("n.ioannou");
  await drawer.getByRole("button", { name: "Add", exact: true }).click();
  await drawer.getByRole("button", { name: "Remove n.ioannou@acme.test" }).waitFor();
  await drawer.getByRole("button", { name: "Forward mail" }).click();
  await drawer.getByLabel("Forward to").fill("nikos@elsewhere.example");
  await drawer.getByRole("button", { name: "Save" }).click();
  await drawer.getByText("A copy of all mail goes to nikos@elsewhere.example.").waitFor();
  await drawer.getByRole("button", { name: "New password", exact: true }).click();
  const sure = page.getByRole("dialog", { name: /^Make a new password/ });
  await sure.getByRole("button", { name: "New password" }).click();
  await drawer.getByText("This is the password of nikos@acme.test:").waitFor();
  const password = (await drawer.locator("code").textContent()) ?? "";
  const own = await visit(browser, system.webUrl);
  await signIn(own.page, "n.ioannou@acme.test", password);

  await drawer.getByRole("button", { name: "Switch off" }).click();
  await drawer.getByText("Switched off", { exact: true }).waitFor();
  await drawer.getByRole("button", { name: "Remove", exact: true }).click();
  const leave = page.getByRole("dialog", { name: /^Remove Nikos Ioannou/ });
  await leave.getByRole("button", { name: "Remove" }).click();
  await drawer.getByRole("button", { name: "Restore" }).click();
  await drawer.getByText("Active", { exact: true }).waitFor();
  expect(faults()).toEqual([]);
});

test("a list shows its mistakes by line, and those without get in; their passwords are deleted on demand", async () => {
  const { page, faults } = await open("/admin/people/import");
  const lines = [
    "address,name,quota",
    "maria,Maria Papa,5 GB",
    "nobody@else.example,X,",
    "ines,Ines,",
    "petra,Petra,",
  ];
  await page.locator("input[type=file]").setInputFiles({
    name: "people.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(`${lines.join("\n")}\n`),
  });
  await page.getByRole("heading", { name: "This is what we found" }).waitFor();
  const foreign = page.getByRole("row").filter({ hasText: "nobody@else.example" });
  await foreign.getByRole("rowheader", { name: "3" }).waitFor();
  await foreign.getByText("This is not a domain of your agency.").waitFor();
  await page.getByRole("row").filter({ hasText: "Somebody has this address already." }).waitFor();
  const start = page.getByRole("button", { name: "Add 2 people" });
  expect(await start.isDisabled()).toBe(true);
  await page.getByRole("checkbox", { name: "Leave 2 lines with mistakes out" }).check();
  await start.click();
  await page.getByRole("heading", { name: "The list is done" }).waitFor();
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download the list" }).click(),
  ]);
  expect(file.suggestedFilename()).toBe("people.csv");
  await page.getByRole("button", { name: "I have it: delete it here" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "I have it: delete it here" }).click();
  await page.getByText("There are no passwords or links here any more.").waitFor();
  await page.getByRole("link", { name: "See everybody" }).click();
  await page.getByRole("listitem").filter({ hasText: "petra@acme.test" }).waitFor();

  await page.goto("/admin/people/import");
  await page.locator("input[type=file]").setInputFiles({
    name: "empty.csv",
    mimeType: "text/csv",
    buffer: Buffer.from("name\nX\n"),
  });
  await page.getByText("No column with addresses was found.").first().waitFor();
  expect(faults().filter((one) => !/\b400\b/.test(one))).toEqual([]);
});

test("a group gets its members, and who may write to it changes", async () => {
  const { page, faults } = await open("/admin/groups");
  await page.getByText("There is no group yet").waitFor();
  await page.getByRole("button", { name: "Add a group" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a group" });
  await dialog.getByLabel("Name of the group").fill("Finance");
  await dialog.getByLabel("Address", { exact: true }).fill("finance");
  await dialog.getByRole("button", { name: "Add a group" }).click();
  const drawer = page.getByRole("dialog", { name: "Finance" });
  await drawer.getByLabel("Name or address").fill("desk@acme.test");
  await drawer.getByRole("button", { name: "Add", exact: true }).click();
  await drawer.getByRole("button", { name: "Remove desk@acme.test" }).waitFor();
  await drawer.getByLabel("Name or address").fill("nobody");
  await drawer.getByRole("button", { name: "Add", exact: true }).click();
  await page
    .getByRole("status")
    .filter({ hasText: /can’t be used|Nobody in your agency/ })
    .first()
    .waitFor();
  await drawer.getByLabel("Who may write to it?").selectOption("members");
  await page.getByText("Saved.").first().waitFor();
  await page.keyboard.press("Escape");
  const row = page.getByRole("listitem").filter({ hasText: "finance@acme.test" });
  await row.getByText("Only its members").waitFor();
  await row.getByText("1 member").waitFor();
  expect(faults().filter((one) => !/\b400\b/.test(one))).toEqual([]);
});

test("a shared mailbox is made, and somebody may send in its name", async () => {
  const { page, faults } = await open("/admin/shared");
  await page.getByRole("button", { name: "Add a shared mailbox" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a shared mailbox" });
  await dialog.getByLabel("Name", { exact: true }).fill("Citizens’ service");
  await dialog.getByLabel("Address", { exact: true }).fill("citizens");
  await dialog.getByRole("button", { name: "Add a shared mailbox" }).click();
  const drawer = page.getByRole("dialog", { name: "Citizens’ service" });
  await drawer.getByText("Nobody yet.").waitFor();
  // Found by a part of the name.
  await drawer.getByLabel("Person, group or address").fill("desk");
  await page.getByRole("option", { name: /desk@acme.test/ }).click();
  await drawer.getByLabel("Role", { exact: true }).selectOption("sender");
  await drawer.getByRole("button", { name: "Add", exact: true }).click();
  const role = drawer.getByLabel("Role of desk");
  await role.waitFor();
  expect(await role.inputValue()).toBe("sender");
  await role.selectOption("reader");
  await page.getByText("Saved.").first().waitFor();
  await page.reload();
  expect(await drawer.getByLabel("Role of desk").inputValue()).toBe("reader");
  expect(faults()).toEqual([]);
});

test("a room is added with who looks after it, and switched off", async () => {
  const { page, faults } = await open("/admin/resources");
  await page.getByText("There are no rooms or equipment yet").waitFor();
  await page.getByRole("button", { name: "Add a room or equipment" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a room or equipment" });
  await dialog.getByRole("button", { name: "Add a room or equipment" }).click();
  await dialog.getByText("Enter a name.").waitFor();
  await dialog.getByLabel("Name", { exact: true }).fill("Council chamber");
  await dialog.getByLabel("Address", { exact: true }).fill("chamber");
  await dialog.getByLabel("Seats (may stay empty)").fill("forty");
  await dialog.getByLabel("Who looks after it?").fill("desk@acme.test");
  await dialog.getByRole("button", { name: "Add a room or equipment" }).click();
  await dialog.getByText("Enter a number, or leave it empty.").waitFor();
  await dialog.getByLabel("Seats (may stay empty)").fill("40");
  await dialog.getByRole("button", { name: "Add a room or equipment" }).click();
  const row = page.getByRole("listitem").filter({ hasText: "chamber@acme.test" });
  await row.getByText("40 seats").waitFor();
  await row.getByRole("button").click();
  const shown = page.getByRole("dialog", { name: "Council chamber" });
  expect(await shown.getByLabel("Who looks after it?").inputValue()).toBe("desk@acme.test");
  await shown.getByRole("checkbox", { name: "Switched off" }).check();
  await shown.getByRole("button", { name: "Save" }).click();
  await row.getByText("Switched off").waitFor();
  expect(faults()).toEqual([]);
});

test("an office changes hands: a term begins now, and is ended", async () => {
  const { page, faults } = await open("/admin/mandates");
  await page.getByRole("button", { name: "Add a term" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a term" });
  await dialog.getByRole("button", { name: "Add a term" }).click();
  await dialog.getByText("Enter a name or an address.").waitFor();
  await dialog.getByLabel("Who holds it", { exact: true }).fill("desk@acme.test");
  await dialog.getByLabel("Until", { exact: true }).fill("2031-03-01");
  await dialog.getByRole("button", { name: "Add a term" }).click();
  const row = page.getByRole("listitem").filter({ hasText: "citizens@acme.test" });
  await row.getByText("In office").waitFor();
  await row.getByText(/to .*2031/).waitFor();
  await row.getByRole("button", { name: "End the term of desk" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End it now" }).click();
  await row.getByText("Ended", { exact: true }).waitFor();
  expect(faults()).toEqual([]);
});

test("a help desk finds what is theirs, and nothing else", async () => {
  const { page } = await open("/admin", "desk@acme.test");
  await page.getByRole("heading", { name: "People", level: 1 }).waitFor();
  const menu = page.getByRole("navigation", { name: "Administration" });
  await menu.getByRole("link", { name: "Groups" }).waitFor();
  expect(await menu.getByText("Old mail").count()).toBe(0);
  expect(await page.getByRole("button", { name: "Add a person" }).count()).toBe(0);
  await page.getByRole("listitem").filter({ hasText: "ines@acme.test" }).getByRole("button").click();
  const drawer = page.getByRole("dialog").first();
  await drawer.getByRole("button", { name: "New password", exact: true }).waitFor();
  expect(await drawer.getByRole("button", { name: "Switch off" }).count()).toBe(0);
  await page.goto("/admin/migrations");
  await page.getByText("This page isn’t part of your role").waitFor();
});

test("the first steps remember what was skipped, and whoever writes finds colleagues by name", async () => {
  const { page, faults } = await open("/mail/inbox");
  await page.getByRole("link", { name: "See the steps" }).click();
  await page.getByRole("heading", { name: "Set up your agency", level: 1 }).waitFor();
  const step = page.getByRole("listitem").filter({ hasText: "Bring the old mail" });
  await step.getByRole("button", { name: /^Skip/ }).click();
  await step.getByText("Skipped", { exact: true }).waitFor();
  await page.reload();
  await step.getByText("Skipped", { exact: true }).waitFor();
  await step.getByRole("button", { name: /^Don’t skip/ }).click();
  await step.getByRole("button", { name: /^Skip/ }).waitFor();

  await page.goto("/mail/inbox");
  await page.getByRole("button", { name: "Write" }).click();
  await page.getByRole("dialog", { name: "New message" }).getByLabel("To", { exact: true }).fill("niko");
  await page.getByRole("option", { name: /nikos@acme.test/ }).waitFor();
  expect(faults()).toEqual([]);
});
