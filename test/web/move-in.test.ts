import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { type Bind, startBind } from "../support/bind.ts";
import { type Dovecot, startDovecot } from "../support/dovecot.ts";
import { ImapClient, messageCount } from "../support/imap-client.ts";
import { isInstalled, needs } from "../support/programs.ts";
import { runProgram } from "../support/run-program.ts";
import { type System, startSystem } from "../support/system.ts";
import { expectAccessible, openBrowser, visit } from "./browser.ts";

const PASSWORD = "olive harbour seven";
const DOMAIN = "kalamata.test";
const PEOPLE = 2_500;
const MOVED = 20;
/** In each old mailbox: as many in the inbox, and one in a folder. */
const OLD_MESSAGES = 3;
/** «Αρχείο», as IMAP writes it. */
const FOLDER = "&A5EDwQPHA7UDrwO,-";
/** For what the server does by itself, on a busy machine. */
const PATIENCE = { timeout: 240_000 };

let bind: Bind;
let dovecot: Dovecot;
let system: System;
let browser: Browser;
/** Everything that somebody had to type, in its order. */
const typed: string[] = [];

beforeAll(async () => {
  if (!isInstalled("chromium") || !isInstalled("named") || !isInstalled("dovecot")) return;
  bind = await startBind({ [DOMAIN]: "@ 60 IN MX 10 old.kalamata.test.\nold 60 IN A 192.0.2.9" });
  const env = { ANGELIA_DNS: `127.0.0.1:${bind.port}`, ANGELIA_MIGRATION_PRIVATE_HOSTS: "1" };
  [system, dovecot, browser] = await Promise.all([startSystem({ env }), startDovecot(), openBrowser()]);
  await fillOldMailboxes();
});
beforeEach((context) => needs(context, "chromium", "named", "nsupdate", "dovecot"));
afterAll(async () => {
  await browser?.close();
  await system?.stop();
  await dovecot?.[Symbol.asyncDispose]();
  await bind?.[Symbol.asyncDispose]();
});

const person = (n: number): string => `person${n}@${DOMAIN}`;

async function fillOldMailboxes(): Promise<void> {
  for (let n = 0; n < MOVED; n++) {
    const client = await dovecot.login(person(n));
    await client.ok(`CREATE ${FOLDER}`);
    for (let at = 0; at <= OLD_MESSAGES; at++) {
      const text = `From: old@${DOMAIN}\r\nSubject: letter ${at} of ${n}\r\nMessage-ID: <${n}.${at}@old>\r\n\r\nhello\r\n`;
      const folder = at === OLD_MESSAGES ? FOLDER : "INBOX";
      const flags = at === 0 ? "(\\Seen \\Flagged)" : "()";
      await client.ok(`APPEND ${folder} ${flags} "17-Jul-2024 10:00:00 +0300" {${text.length}+}\r\n${text}`);
    }
    await client.ok("LOGOUT");
  }
}

async function type(field: Locator, value: string): Promise<void> {
  typed.push(value === PASSWORD ? "a password" : value);
  await field.fill(value);
}

/** What somebody who keeps the DNS does with the lines that they were given. */
async function enterIntoZone(zone: string): Promise<void> {
  const lines = zone.split("\n").filter((line) => /^[^;\s]\S*\s+\d+\s+IN\s/.test(line));
  expect(lines.length).toBeGreaterThan(4);
  const commands = lines.map((line) => `update add ${line}`);
  const { name, algorithm, secret } = bind.key;
  const input = [`server 127.0.0.1 ${bind.port}`, `update delete ${DOMAIN}. MX`, ...commands, "send", ""];
  const done = await runProgram("nsupdate", ["-y", `${algorithm}:${name}:${secret}`], {
    input: input.join("\n"),
  });
  expect(done.code).toBe(0);
}

async function signUp(page: Page): Promise<string> {
  await page.goto("/sign-up");
  await type(page.getByLabel("Name of the agency"), "Δήμος Καλαμάτας");
  await type(page.getByLabel("Your name"), "Γιώργος Νικολάου");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("This address is free.").waitFor();
  await page.getByRole("button", { name: "Continue" }).click();
  await type(page.getByLabel("Password", { exact: true }), PASSWORD);
  await page.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Create the mailbox" }).click();
  await page.getByRole("heading", { name: "Your mailbox is open" }).waitFor();
  return (await page.getByTestId("own-address").textContent()) ?? "";
}

async function addDomain(page: Page): Promise<void> {
  await page.goto("/admin/start");
  await page.getByRole("heading", { name: "Set up your agency", level: 1 }).waitFor();
  await page.goto("/admin/domains");
  await page.getByRole("button", { name: "Add a domain" }).click();
  await type(page.getByLabel("Domain", { exact: true }), DOMAIN);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: DOMAIN, level: 1 }).waitFor();
  await page.getByText("Copy the lines yourself").click();
  const zone = await page.locator("pre").textContent();
  await enterIntoZone(zone ?? "");
  // It is looked at again by itself; nobody presses anything.
  await page.getByText("Mail for this domain comes here.").waitFor(PATIENCE);
  await expectAccessible(page, "a domain in use");
}

async function bringPeople(page: Page): Promise<void> {
  const list = Array.from({ length: PEOPLE }, (_, n) => `${person(n)},Person ${n}`);
  await page.goto("/admin/people/import");
  const csv = Buffer.from(`address,name\n${list.join("\n")}\n`);
  await page
    .locator("input[type=file]")
    .setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: csv });
  await page.getByRole("button", { name: "Add 2,500 people" }).click(PATIENCE);
  await page.getByRole("heading", { name: "The list is done" }).waitFor(PATIENCE);
}

async function bringMail(page: Page): Promise<void> {
  await page.goto("/admin/migrations/new");
  await type(page.getByLabel("Old mail server (IMAP)"), "127.0.0.1");
  await page.getByText("More settings").click();
  await page.getByLabel("Connection", { exact: true }).selectOption("none");
  await type(page.getByLabel("Port", { exact: true }), String(dovecot.imapPort));
  await page.getByText("Many, from a list").click();
  const lines = Array.from({ length: MOVED }, (_, n) => `${person(n)},${person(n)},any`);
  const csv = Buffer.from(`address,user,password\n${lines.join("\n")}\n`);
  await page
    .locator("input[type=file]")
    .setInputFiles({ name: "old.csv", mimeType: "text/csv", buffer: csv });
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText("Everything is here").waitFor(PATIENCE);
}

test("an agency moves in: its domain, 2,500 people, their old mail, and their programs", async () => {
  const { page, faults } = await visit(browser, system.webUrl);
  const address = await signUp(page);
  await addDomain(page);
  await bringPeople(page);
  await bringMail(page);

  // What Thunderbird asks for when somebody enters their address.
  const asked = await fetch(
    `${system.webUrl}/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=${encodeURIComponent(person(7))}`,
  );
  const config = await asked.text();
  expect(asked.status).toBe(200);
  expect(config).toContain('<incomingServer type="imap">');
  expect(config).toContain(`<port>${system.ports.imaps}</port>`);

  await page.goto("/settings/devices");
  await page.getByRole("button", { name: "Thunderbird" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("It is shown only now.").first().waitFor();
  await expectAccessible(page, "a program is connected");

  // Each old mailbox is here whole, once, in its folders.
  for (const n of [0, 7, MOVED - 1]) {
    const made = await system.cli("app-password", "add", person(n), "--scope", "imap");
    const { password } = z.object({ password: z.string() }).parse(made);
    const client = await ImapClient.login({ port: system.ports.imap }, person(n), password);
    expect([n, await messageCount(client, "INBOX")]).toEqual([n, OLD_MESSAGES]);
    // What the old server called «Αρχείο» is the archive here.
    expect([n, await messageCount(client, "Archive")]).toEqual([n, 1]);
    const { untagged } = await client.ok("SELECT INBOX");
    expect(untagged.length).toBeGreaterThan(0);
    await client.ok("LOGOUT");
  }
  // Who signed up is there as before.
  await page.goto("/mail/inbox");
  expect(address).toContain("@");
  process.stdout.write(
    `values typed from the sign-up to the last old letter: ${typed.length} (${typed.join(", ")})\n`,
  );
  // Three for the sign-up, the domain, and where the old mail is.
  expect(typed).toHaveLength(6);
  expect(faults).toEqual([]);
}, 900_000);
