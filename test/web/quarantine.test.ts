import { createTransport } from "nodemailer";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addAgency, imapOf, PASSWORD } from "../support/agency.ts";
import { messageCount } from "../support/imap-client.ts";
import { isInstalled, needs } from "../support/programs.ts";
import { type System, startSystem } from "../support/system.ts";
import { until } from "../support/smtp-relay.ts";
import { DESK, expectAccessible, openBrowser, PHONE, rows, signIn, visit } from "./browser.ts";

let system: System;
let browser: Browser;

beforeAll(async () => {
  if (!isInstalled("chromium")) return;
  const env = { ANGELIA_RSPAMD_URL: "off", ANGELIA_CLAMD: "off" };
  [system, browser] = await Promise.all([startSystem({ env }), openBrowser()]);
  await addAgency(system, "acme", [
    "ines",
    "maria",
    "petros",
    "desk-light",
    "desk-dark",
    "phone-light",
    "phone-dark",
  ]);
});
beforeEach((context) => needs(context, "chromium"));
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

/** Mail with a program in it, which the agency's policy holds back. */
async function sendProgram(to: string, subject: string): Promise<void> {
  const transport = createTransport({
    host: "127.0.0.1",
    port: system.ports.mx,
    secure: false,
    ignoreTLS: true,
  });
  await transport.sendMail({
    from: "Anna Rossi <anna@remote.example>",
    to,
    subject,
    text: "See the file.",
    attachments: [{ filename: "setup.exe", content: "MZ not really" }],
  });
  transport.close();
}

/** The links of the digest in somebody's inbox, in their order. */
async function digestLinks(address: string): Promise<string[]> {
  await system.cli("quarantine", "digest");
  return until(async () => {
    const client = await imapOf(system, address);
    const count = await messageCount(client, "INBOX");
    let text = "";
    if (count > 0) {
      await client.ok("SELECT INBOX");
      const items = (await client.fetch(`FETCH ${count} (BODY.PEEK[1])`)).get(count);
      const body = items?.get("BODY[1]");
      if (Buffer.isBuffer(body)) text = body.toString().replaceAll(/=\r\n/g, "").replaceAll("=3D", "=");
    }
    await client.logout();
    const links = [...text.matchAll(/http:\/\/127\.0\.0\.1:\d+\/release#[a-z0-9.]+/g)].map(String);
    return links.length > 0 && links;
  });
}

test("one click in the digest, and the message is in the inbox; looking at the link alone changes nothing", async () => {
  const address = "ines@acme.test";
  await sendProgram(address, "The new program");
  const [link = ""] = await digestLinks(address);
  // What a scanner of links does: it fetches the page.
  const fetched = await fetch(link);
  expect([fetched.status, fetched.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  const { page, faults } = await visit(browser, system.webUrl);
  await page.goto(link);
  await page.getByRole("heading", { name: "Release this message?" }).waitFor();
  await page.getByText("It carries a kind of file that can be dangerous.").waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "The new program" }).waitFor();
  await page.getByRole("button", { name: "Release" }).click();
  const done = page.getByRole("heading", { name: "The message is in your inbox" });
  await done.waitFor();
  expect(await done.evaluate((node) => node.matches(":focus"))).toBe(true);
  await page.reload(); // a link that was used says so
  await done.waitFor();
  await page.getByRole("link", { name: "Go to the inbox" }).click();
  await signIn(page, address, PASSWORD);
  // The digest shows the subject too.
  const released = rows(page, "The new program").filter({
    hasText: "Anna Rossi",
    hasNotText: "Held messages",
  });
  await released.waitFor();
  expect(await released.count()).toBe(1);
  expect(faults).toEqual([]);
});

test("links that are cut off, and links to what was deleted, say so in words", async () => {
  const address = "maria@acme.test";
  await sendProgram(address, "Not wanted");
  const [release = "", remove = ""] = await digestLinks(address);
  const { page } = await visit(browser, system.webUrl);
  for (const bad of [release.slice(0, -3), `${release}x`, release.split("#")[0] ?? ""]) {
    await page.goto("/terms");
    await page.goto(bad);
    await page.getByRole("heading", { name: "This link does not work" }).waitFor();
  }
  await page.goto(remove);
  await page.getByRole("heading", { name: "Delete this message?" }).waitFor();
  // The other link of the same message, opened in the same window: only what stands behind the # changes.
  await page.goto(release);
  await page.getByRole("heading", { name: "Release this message?" }).waitFor();
  await page.goto(remove);
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "The message is deleted" }).waitFor();
  await page.goto(release);
  await page.getByRole("heading", { name: "The message is deleted" }).waitFor();
  expect(await page.getByRole("button", { name: "Release" }).count()).toBe(0);
});

test("a list of one's own: release one, delete the other, nothing is left", async () => {
  const address = "petros@acme.test";
  await sendProgram(address, "First program");
  await sendProgram(address, "Second program");
  const { page, faults } = await visit(browser, system.webUrl);
  await signIn(page, address, PASSWORD);
  await page.goto("/settings");
  await page.getByRole("link", { name: "See held messages" }).click();
  await page.getByRole("button", { name: "Release: First program" }).click();
  await page.getByRole("heading", { name: "First program" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Delete: Second program" }).click();
  await page.getByText("Nothing is held for you.").waitFor();
  await page.goto("/mail/inbox");
  await rows(page, "First program").waitFor();
  expect(await rows(page, "Second program").count()).toBe(0);
  expect(faults).toEqual([]);
});

describe.each([
  { width: DESK, scheme: "light" as const, language: "en-GB" },
  { width: DESK, scheme: "dark" as const, language: "el-GR" },
  { width: PHONE, scheme: "light" as const, language: "el-GR" },
  { width: PHONE, scheme: "dark" as const, language: "en-GB" },
])("$width px, $scheme, $language", ({ width, scheme, language }) => {
  test("axe finds nothing on the pages of held messages", async () => {
    const address = `${width === PHONE ? "phone" : "desk"}-${scheme}@acme.test`;
    await sendProgram(
      address,
      "A rather long subject, as they come: extraordinarily-long-words-without-a-blank-in-them-that-must-break-somewhere",
    );
    const { page, faults } = await visit(browser, system.webUrl, { width, scheme, language });
    const sideways = (): Promise<unknown> =>
      page.evaluate("document.documentElement.scrollWidth <= innerWidth");
    const shot = async (name: string): Promise<void> => {
      const dir = process.env["SCREENSHOTS"];
      if (dir !== undefined)
        await page.screenshot({ path: `${dir}/${name}-${width}-${scheme}.png`, fullPage: true });
    };
    await page.goto("/release#nonsense");
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.getByRole("main").getByRole("link").first().waitFor();
    await expectAccessible(page, "a bad link");
    await shot("bad-link");
    await page.context().request.post("/session", { data: { address, password: PASSWORD } });
    await page.goto("/held");
    await page.getByRole("heading", { level: 2 }).first().waitFor();
    await expectAccessible(page, "held messages");
    expect(await sideways()).toBe(true);
    await shot("held");
    const [link = ""] = await digestLinks(address);
    await page.goto(link);
    await page.getByRole("heading", { level: 2 }).waitFor();
    await expectAccessible(page, "a link");
    expect(await sideways()).toBe(true);
    await shot("link");
    await page.goto("/settings");
    await page.getByRole("heading", { level: 1 }).waitFor();
    await expectAccessible(page, "settings");
    // What the browser writes of the bad link by itself.
    expect(faults.filter((fault) => !fault.includes("status of 404"))).toEqual([]);
  });
});
