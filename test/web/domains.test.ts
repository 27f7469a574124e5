import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { type Bind, startBind } from "../support/bind.ts";
import { isInstalled, needs } from "../support/programs.ts";
import { type System, startSystem } from "../support/system.ts";
import { openBrowser, signIn, visit } from "./browser.ts";

const BOSS = "ines@acme.test";
const DOMAIN = "kinross.test";

let bind: Bind;
let system: System;
let browser: Browser;
beforeAll(async () => {
  if (!isInstalled("chromium") || !isInstalled("named")) return;
  // Mail goes elsewhere, the permitted senders are others, and somebody has begun with reports.
  bind = await startBind({
    [DOMAIN]: [
      "@ 60 IN MX 10 old.kinross.test.",
      'old 60 IN A 192.0.2.9\n@ 60 IN TXT "v=spf1 ip4:192.0.2.9 -all"',
      '_dmarc 60 IN TXT "v=DMARC1; p=none; rua=mailto:post@kinross.test"',
    ].join("\n"),
  });
  const env = { ANGELIA_DNS: `127.0.0.1:${bind.port}`, ANGELIA_DNS_PRIVATE_HOSTS: "1" };
  [system, browser] = await Promise.all([startSystem({ env }), openBrowser()]);
  await addAgency(system, "acme", ["ines"]);
  await system.cli("role", "grant", BOSS, "admin");
});
beforeEach((context) => needs(context, "chromium", "named"));
afterAll(async () => {
  await browser?.close();
  await system?.stop();
  await bind?.[Symbol.asyncDispose]();
});

async function open(path: string): Promise<{ page: Page; faults: readonly string[] }> {
  const found = await visit(browser, system.webUrl);
  await signIn(found.page, BOSS, PASSWORD);
  await found.page.goto(path);
  return found;
}

test("one value is typed, and each record says what is there now, and what should be", async () => {
  const { page, faults } = await open("/admin/domains");
  await page.getByRole("button", { name: "Add a domain" }).click();
  const dialog = page.getByRole("dialog", { name: "Add your own domain" });
  const field = dialog.getByLabel("Domain", { exact: true });
  await field.fill("com");
  await page.keyboard.press("Enter");
  await dialog.getByRole("alert").getByText("This name doesn’t belong to one agency alone.").waitFor();
  await field.fill(DOMAIN);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: DOMAIN, level: 1 }).waitFor();

  const needed = page
    .getByRole("region", { name: "Needed" })
    .or(page.locator("section", { hasText: "Needed" }));
  const record = (title: string) => needed.getByRole("listitem").filter({ hasText: title });
  await record("Delivery").getByText("Comes last").waitFor();
  await record("Permitted senders").getByText("Something else is there").waitFor();
  await record("Permitted senders").getByText("v=spf1 ip4:192.0.2.9 -all", { exact: true }).waitFor();
  await record("Permitted senders")
    .getByText(/doesn’t name us/)
    .waitFor();
  await record("Signature").first().getByText("Missing").waitFor();
  await page.getByRole("list", { name: "On the way to your own domain" }).getByText("0 of 4").waitFor();
  await page.getByRole("button", { name: "Look now" }).click();
  await page.getByText("We have looked again.").first().waitFor();
  expect(faults.filter((one) => !/\b400\b/.test(one))).toEqual([]);
});

test("the ways are there: lines to copy, a letter, and a key that shows its plan before it changes anything", async () => {
  const { page, faults } = await open(`/admin/domains/${DOMAIN}`);
  await page.getByText("Copy the lines yourself").click();
  await page.locator("pre").getByText("IN").first().waitFor();
  const file = page.getByRole("link", { name: "Download as a file" });
  const [download] = await Promise.all([page.waitForEvent("download"), file.click()]);
  expect(download.suggestedFilename()).toBe(`${DOMAIN}.zone.txt`);

  await page.getByText("Let somebody else do it").click();
  await page.getByRole("button", { name: "Send the mail" }).click();
  await page.getByText("Enter an e-mail address.").waitFor();
  await page.getByLabel("Their e-mail address").fill("dns@keeper.example");
  await page.getByRole("button", { name: "Send the mail" }).click();
  await page.getByText("The mail is on its way to dns@keeper.example.").waitFor();

  await page.getByText("With an access key of the DNS provider").click();
  await page.getByLabel("DNS provider", { exact: true }).selectOption("rfc2136");
  await page.getByRole("button", { name: "Show what would change" }).click();
  await page.getByText("This is needed.").first().waitFor();
  await page.getByLabel("Name server", { exact: true }).fill(`127.0.0.1:${bind.port}`);
  await page.getByLabel("Name of the key").fill(bind.key.name);
  await page.getByLabel("Algorithm").selectOption(bind.key.algorithm);
  await page.getByLabel("Secret", { exact: true }).fill(bind.key.secret);
  await page.getByRole("button", { name: "Show what would change" }).click();
  const plan = page.getByRole("region", { name: /^What would change in/ });
  await plan.getByText("New", { exact: true }).first().waitFor();
  await plan.getByText("Changed last, when you switch.").waitFor();
  await page.getByRole("button", { name: "Make these changes" }).click();
  // It is seen by itself that all is there, and that the domain is the agency's.
  await page.getByText("This domain is yours.").waitFor({ timeout: 60_000 });
  expect(faults).toEqual([]);
}, 120_000);

test("with the domain proven, everybody gets an address in it, and the protection is raised", async () => {
  const { page, faults } = await open(`/admin/domains/${DOMAIN}`);
  await page.getByRole("button", { name: "Use for everybody" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Use for everybody" }).click();
  await page.getByText("1 person has a new address.").waitFor();
  await page.getByLabel("Mail that forges your name").selectOption("quarantine");
  await page.getByText("Saved.").first().waitFor();
  await page.reload();
  expect(await page.getByLabel("Mail that forges your name").inputValue()).toBe("quarantine");
  expect(await page.getByRole("button", { name: "Remove the domain" }).isDisabled()).toBe(true);
  const mistyped = page.getByRole("region", { name: "Mistyped addresses" });
  await mistyped.getByLabel("Who gets them instead?").fill(`ines@${DOMAIN}`);
  await mistyped.getByRole("button", { name: "Save" }).click();
  await mistyped.getByText(`goes to ines@${DOMAIN}.`).waitFor();
  expect(faults).toEqual([]);
});

test("the move is planned, seen, and taken back with one click", async () => {
  const { page, faults } = await open(`/admin/domains/${DOMAIN}`);
  await page.getByRole("link", { name: "Prepare the move" }).click();
  await page.getByText("Nothing has changed yet.").waitFor();
  await page.getByText("Everything", { exact: true }).click();
  await page.getByRole("button", { name: "Plan the move" }).click();
  await page.getByText("Enter the name of the old server.").waitFor();
  await page.getByLabel("Name of the old server").fill("192.0.2.9");
  await page.getByRole("button", { name: "Plan the move" }).click();
  const answered = page
    .getByText("Both servers get mail.")
    .or(page.getByText("We can’t send mail to this server."));
  await answered.first().waitFor();
  await page.reload();
  if (await page.getByText("Both servers get mail.").isVisible()) {
    await page.getByRole("button", { name: "Go back" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Go back" }).click();
    await page.getByRole("heading", { name: "Enter these again" }).waitFor();
  }
  expect(faults.filter((one) => !/\b422\b/.test(one))).toEqual([]);
});
