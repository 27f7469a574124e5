import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createTransport } from "nodemailer";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { isInstalled, needs } from "../support/programs.ts";
import { type System, startSystem } from "../support/system.ts";
import { DESK, expectAccessible, openBrowser, PHONE, signIn, type View, visit } from "./browser.ts";

const BOSS = "ines@acme.test";
const CLERK = "nikos@acme.test";

let system: System;
let browser: Browser;
beforeAll(async () => {
  if (!isInstalled("chromium")) return;
  // Nobody listens there: what goes out is tried, fails, and waits.
  const env = { ANGELIA_SMARTHOST: "smtp://127.0.0.1:9" };
  [system, browser] = await Promise.all([startSystem({ env }), openBrowser()]);
  await addAgency(system, "acme", ["ines", "nikos"]);
  await system.cli("role", "grant", BOSS, "admin");
  await arrive("Anna Rossi <anna@remote.example>", CLERK, "<trace-me@remote.example>");
  await arrive("Shop <shop@remote.example>", CLERK, "<held-1@remote.example>", "invoice.exe");
  await arrive("Shop <shop@remote.example>", BOSS, "<held-2@remote.example>", "reminder.scr");
  await report("acme.test");
  await submit(["chr@far.example", "maria@far.example"], "<out-1@acme.test>");
  await submit(["eleni@late.example"], "<out-2@acme.test>");
  await waitFor(async () => (await waiting()).filter((one) => one.state === "retrying").length === 2);
});
beforeEach((context) => needs(context, "chromium"));
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

interface Entry {
  readonly id: string;
  readonly state: string;
  readonly domain: string;
}

const waiting = async (): Promise<Entry[]> => {
  const list = await system.cli("queue", "list", "--tenant", "acme");
  return Array.isArray(list) ? list : [];
};

async function waitFor(look: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    if (await look()) return;
    await new Promise((done) => setTimeout(done, 300));
  }
  throw new Error("it did not come about in time");
}

async function arrive(from: string, to: string, messageId: string, file?: string): Promise<void> {
  const transport = createTransport({ host: "127.0.0.1", port: system.ports.mx, ignoreTLS: true });
  const attachments = file === undefined ? [] : [{ filename: file, content: "MZ" }];
  const subject = file === undefined ? "Road works" : `Please see ${file}`;
  await transport.sendMail({ from, to, messageId, subject, text: "Hello", attachments });
  transport.close();
}

/** What another mail system saw of mail in the domain's name: most of it genuine, some of it forged. */
async function report(domain: string): Promise<void> {
  const day = Math.floor(Date.now() / 1000);
  const record = (ip: string, count: number, result: "pass" | "fail"): string =>
    `<record><row><source_ip>${ip}</source_ip><count>${count}</count><policy_evaluated><disposition>none</disposition>
<dkim>${result}</dkim><spf>${result}</spf></policy_evaluated></row><identifiers><header_from>${domain}</header_from></identifiers>
<auth_results><dkim><domain>${result === "pass" ? domain : "bulk.example"}</domain><result>pass</result></dkim></auth_results></record>`;
  const xml = `<?xml version="1.0"?><feedback><report_metadata><org_name>receiver.test</org_name><report_id>r1</report_id>
<date_range><begin>${day - 86_400}</begin><end>${day}</end></date_range></report_metadata>
<policy_published><domain>${domain}</domain><p>quarantine</p></policy_published>
${record("192.0.2.10", 1840, "pass")}${record("198.51.100.7", 31, "fail")}</feedback>`;
  const transport = createTransport({ host: "127.0.0.1", port: system.ports.mx, ignoreTLS: true });
  await transport.sendMail({
    from: "noreply@receiver.test",
    to: "dmarc@reports.agencies.test",
    subject: `Report Domain: ${domain} Submitter: receiver.test Report-ID: r1`,
    attachments: [{ filename: "r1.xml", content: xml, contentType: "text/xml" }],
  });
  transport.close();
}

async function submit(to: readonly string[], messageId: string): Promise<void> {
  const transport = createTransport({
    host: "127.0.0.1",
    port: system.ports.submission,
    ignoreTLS: true,
    auth: { user: CLERK, pass: PASSWORD },
  });
  await transport.sendMail({ from: CLERK, to: [...to], messageId, subject: "Budget", text: "x" });
  transport.close();
}

async function open(path: string, view: View = {}): Promise<{ page: Page; faults: readonly string[] }> {
  const found = await visit(browser, system.webUrl, view);
  await signIn(found.page, BOSS, PASSWORD);
  await found.page.goto(path);
  return found;
}

test("an administrator finds the way from the account menu; nobody else sees it, or gets in", async () => {
  const { page, faults } = await visit(browser, system.webUrl);
  await signIn(page, BOSS, PASSWORD);
  await page.getByRole("button", { name: "Account of ines" }).click();
  await page.getByRole("menuitem", { name: "Administration" }).click();
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  await page.getByText("Agency acme").waitFor();
  expect(faults).toEqual([]);

  const other = await visit(browser, system.webUrl);
  await signIn(other.page, CLERK, PASSWORD);
  await other.page.getByRole("button", { name: "Account of nikos" }).click();
  await other.page.getByRole("menuitem", { name: "Settings" }).waitFor();
  expect(await other.page.getByRole("menuitem", { name: "Administration" }).count()).toBe(0);
  await other.page.goto("/admin/queue");
  await other.page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
  expect(await other.page.evaluate(async () => (await fetch("/v1/queue")).status)).toBe(403);
});

test("the queue says why a message waits, and holds and releases it", async () => {
  const { page, faults } = await open("/admin/queue");
  const row = page.getByRole("listitem").filter({ hasText: "chr@far.example" });
  await row.getByText("Will be tried again").waitFor();
  await row.getByText("and 1 more").waitFor();
  await row.getByRole("button").click();
  const drawer = page.getByRole("dialog", { name: "Waiting message" });
  await drawer.getByText("maria@far.example").waitFor();
  await drawer.getByText(/attempt has failed|attempts have failed/).waitFor();
  await drawer.getByRole("button", { name: "Hold", exact: true }).click();
  await drawer.getByText(`${BOSS} holds it until somebody releases it.`).waitFor();
  expect((await waiting()).find((one) => one.domain === "far.example")?.state).toBe("held");
  await drawer.getByRole("button", { name: "Release" }).click();
  await drawer.getByRole("button", { name: "Hold", exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
  expect(new URL(page.url()).search).toBe("");
  expect(faults).toEqual([]);
});

test("the keyboard alone is enough to filter the queue and to drop a message, and its sender hears of it", async () => {
  const { page, faults } = await open("/admin/queue");
  await page.getByLabel("Recipients’ domain").fill("late.example");
  await page.keyboard.press("Enter");
  await page.getByRole("listitem").filter({ hasText: "far.example" }).waitFor({ state: "detached" });
  const box = page.getByRole("checkbox", { name: /eleni@late.example/ });
  await box.focus();
  await page.keyboard.press("Space");
  await page.getByText("1 selected").waitFor();
  await page.getByRole("button", { name: "Drop" }).focus();
  await page.keyboard.press("Enter");
  const question = page.getByRole("dialog", { name: /Drop this message/ });
  await question.getByRole("button", { name: "Drop" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Nothing matches").waitFor();
  expect((await waiting()).map((one) => one.domain)).toEqual(["far.example"]);
  expect(faults).toEqual([]);

  const clerk = await visit(browser, system.webUrl);
  await signIn(clerk.page, CLERK, PASSWORD);
  await clerk.page.locator("[data-row]").filter({ hasText: "eleni@late.example" }).first().waitFor();
});

test("a message is found by its marks, and its story is told", async () => {
  const { page, faults } = await open("/admin/trace");
  await page.getByLabel("Message-ID").fill("trace-me@remote.example");
  await page.getByRole("button", { name: "Search" }).click();
  const row = page.getByRole("listitem").filter({ hasText: CLERK });
  await row.getByText("Delivered", { exact: true }).waitFor();
  await row.getByRole("button").click();
  const drawer = page.getByRole("dialog", { name: "Story of the message" });
  await drawer.getByText("127.0.0.1").waitFor();
  await drawer.getByText("trace-me@remote.example").waitFor();
  expect(new URL(page.url()).searchParams.get("trace")).toMatch(/^[0-9a-f-]{36}$/);
  await page.keyboard.press("Escape");

  await page.getByLabel("Message-ID").fill("out-2@acme.test");
  await page.keyboard.press("Enter");
  await page.getByRole("listitem").filter({ hasText: "eleni@late.example" }).getByRole("button").click();
  const story = page.getByRole("list", { name: "Story of the message" });
  await story.getByText("Dropped").waitFor();
  await story.getByText("Accepted, waits to be sent").waitFor();
  await page.keyboard.press("Escape");
  await page.getByLabel("Sender").fill("nobody@nowhere.example");
  await page.keyboard.press("Enter");
  await page.getByText("No message found").waitFor();
  expect(faults).toEqual([]);
});

test("what is held is looked at, released and deleted", async () => {
  const { page, faults } = await open("/admin/quarantine");
  const row = page.getByRole("listitem").filter({ hasText: "Please see invoice.exe" });
  await row.getByText("Dangerous attachment").waitFor();
  await row.getByRole("button").click();
  const drawer = page.getByRole("dialog", { name: "Held message" });
  await drawer.getByRole("heading", { name: "Attachments" }).waitFor();
  await drawer.getByText(/Only the recipient can read/).waitFor();
  await expectAccessible(page, "a held message");
  await shoot(page, "held-1440-light");
  await drawer.getByRole("button", { name: "Release" }).click();
  await drawer.getByText("Released").waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("1 message was released.").first().waitFor();
  await page.getByRole("checkbox", { name: /reminder.scr/ }).check();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("Nothing is held").waitFor();
  expect(faults).toEqual([]);

  const clerk = await visit(browser, system.webUrl);
  await signIn(clerk.page, CLERK, PASSWORD);
  await clerk.page.locator("[data-row]").filter({ hasText: "invoice.exe" }).waitFor();
});

test("the protection of incoming mail is changed in words, and checked before it is saved", async () => {
  const { page, faults } = await open("/admin/protection");
  const save = page.getByRole("button", { name: "Save the changes" });
  expect(await save.isDisabled()).toBe(true);
  await page.getByText("Strict", { exact: true }).click();
  await page.getByText("Little spam comes through").waitFor();
  await page.getByRole("checkbox", { name: /Ask unknown senders/ }).uncheck();
  await page.getByLabel("How often").selectOption("hourly");
  await save.click();
  await page.getByText("Saved. It takes effect within half a minute.").first().waitFor();
  await page.reload();
  await page.getByText("Little spam comes through").waitFor();
  expect(await page.getByRole("checkbox", { name: /Ask unknown senders/ }).isChecked()).toBe(false);
  await page.getByText("Own values", { exact: true }).click();
  await page.getByLabel("Refused from").fill("1");
  await save.click();
  await page.getByRole("alert").getByText("The points must not fall").waitFor();
  await page.getByLabel("Refused from").fill("");
  await page.getByLabel("File types that are stopped").fill("exe, .js; *.vbs");
  await save.click();
  await page.getByText("Saved. It takes effect within half a minute.").first().waitFor();
  expect(await page.getByLabel("File types that are stopped").inputValue()).toBe("exe js vbs");
  expect(faults).toEqual([]);
});

test("limits are lowered with the keyboard alone, never above the provider's, and taken away again", async () => {
  await system.cli("limit", "set", "acme", "--hour-messages", "40");
  const { page, faults } = await open("/admin/sending");
  const own = page.getByRole("region", { name: "Limits of your own" });
  await own.getByText("You have set none").waitFor();
  await own.getByRole("button", { name: "Set a limit" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Set a limit" });
  const address = dialog.getByLabel("Address of the mailbox");
  await address.waitFor();
  await page.waitForFunction("document.activeElement?.tagName === 'INPUT'");
  await page.keyboard.type("nobody@acme.test");
  await page.keyboard.press("Enter");
  await dialog.getByText("Enter at least one number.").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.type("41");
  await page.keyboard.press("Enter");
  // What is new may send 30 messages an hour from a mailbox.
  await dialog.getByText("Your provider allows 30 at most.").waitFor();
  await expectAccessible(page, "a limit that is too high");
  await shoot(page, "limit-form-1440-light");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("7");
  await page.keyboard.press("Enter");
  await dialog.getByRole("alert").getByText("There is no mailbox nobody@acme.test").waitFor();
  await address.fill(CLERK.toUpperCase());
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  const row = own.getByRole("listitem").filter({ hasText: CLERK });
  await row.getByText("Messages an hour: 7").waitFor();
  expect(await system.cli("limit", "show", "acme")).toMatchObject({
    own: [{ scope: "mailbox", subject: CLERK, limits: { hourMessages: 7, dayMessages: null } }],
  });

  await own.getByRole("button", { name: "Set a limit" }).click();
  await dialog.getByLabel("For", { exact: true }).selectOption({ label: "One domain" });
  await dialog.getByLabel("Domain", { exact: true }).fill("acme");
  await dialog.getByLabel("Messages an hour").fill("41");
  await page.keyboard.press("Enter");
  await dialog.getByText("Enter a domain, like").waitFor();
  await dialog.getByText("Your provider allows 40 at most.").waitFor();
  await dialog.getByLabel("Domain", { exact: true }).fill("elsewhere.test");
  await dialog.getByLabel("Messages an hour").fill("many");
  await page.keyboard.press("Enter");
  await dialog.getByText("Enter a whole number").waitFor();
  await dialog.getByLabel("Messages an hour").fill("20");
  await page.keyboard.press("Enter");
  await dialog.getByRole("alert").getByText("elsewhere.test is not a domain of your agency").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });

  await own.getByRole("button", { name: `Change the limit of ${CLERK}` }).click();
  const change = page.getByRole("dialog", { name: "Change the limit" });
  await change.getByLabel("Recipients a day").fill("100");
  await page.keyboard.press("Enter");
  await row.getByText("Messages an hour: 7 · Recipients a day: 100").waitFor();
  await own.getByRole("button", { name: `Remove the limit of ${CLERK}` }).click();
  await own.getByText("You have set none").waitFor();
  expect(faults.filter((one) => !/\b(?:404|422)\b/.test(one))).toEqual([]);
});

test("without a connection the page says so, and goes on when asked again", async () => {
  const { page } = await open("/admin/queue");
  await page.getByRole("listitem").filter({ hasText: "far.example" }).waitFor();
  await page.context().setOffline(true);
  await page.getByLabel("Recipients’ domain").fill("far.example");
  await page.keyboard.press("Enter");
  await page.getByText("The server can’t be reached").first().waitFor();
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "Try again" }).first().click();
  const row = page.getByRole("listitem").filter({ hasText: "far.example" });
  await row.waitFor();
  expect(await row.count()).toBe(1);
});

test("reports of others tell who sends in the domain's name", async () => {
  const { page, faults } = await open("/admin/reports");
  const none = page.getByText("No reports yet");
  const figure = page.getByText("1,840", { exact: true });
  // A job reads what came in, every few minutes.
  for (const end = Date.now() + 90_000; Date.now() < end;) {
    await none.or(figure).first().waitFor();
    if (await figure.isVisible()) break;
    await new Promise((done) => setTimeout(done, 2_000));
    await page.reload();
  }
  await page.getByText("192.0.2.10").waitFor();
  await page.getByText("None genuine").waitFor();
  await page.getByText("others put what isn’t proven genuine into their spam folder.").waitFor();
  await page.getByText("As a table").click();
  await page.getByRole("cell", { name: "1840" }).waitFor();
  expect(faults).toEqual([]);
}, 120_000);

const PAGES = [
  ["overview", "Overview"],
  ["queue", "Queue"],
  ["trace", "Message search"],
  ["quarantine", "Quarantine"],
  ["reports", "Reports"],
  ["protection", "Protection"],
  ["sending", "Sending"],
] as const;

describe.each([
  { width: DESK, scheme: "light" as const },
  { width: DESK, scheme: "dark" as const },
  { width: PHONE, scheme: "light" as const },
  { width: PHONE, scheme: "dark" as const },
])("$width px, $scheme", ({ width, scheme }) => {
  test("axe finds nothing on the pages of the administration, and nothing goes out of the screen", async () => {
    const { page, faults } = await open("/admin", { width, scheme });
    for (const [path, title] of PAGES) {
      await page.goto(`/admin/${path}`);
      await page.getByRole("heading", { name: title, level: 1 }).waitFor();
      await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
      await expectAccessible(page, `${path} ${width} ${scheme}`);
      const wider = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
      expect({ path, wider: Math.max(0, wider) }).toEqual({ path, wider: 0 });
      await shoot(page, `${path}-${width}-${scheme}`);
    }
    await page.goto("/admin/queue");
    await page.getByRole("listitem").filter({ hasText: "far.example" }).getByRole("button").click();
    await page.getByRole("dialog", { name: "Waiting message" }).getByText("maria@far.example").waitFor();
    await expectAccessible(page, `queue entry ${width} ${scheme}`);
    await shoot(page, `queue-entry-${width}-${scheme}`);
    await page.goto("/admin/trace");
    await page.getByRole("listitem").filter({ hasText: "eleni@late.example" }).getByRole("button").click();
    await page.getByRole("list", { name: "Story of the message" }).waitFor();
    await expectAccessible(page, `trace ${width} ${scheme}`);
    await shoot(page, `trace-story-${width}-${scheme}`);
    expect(faults).toEqual([]);
  });
});

/** All texts of a locale that have no placeholders. */
function wordsOf(value: unknown): string[] {
  if (typeof value === "string") return value.includes("{{") ? [] : [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(wordsOf) : [];
}

test("in Greek, no English is left", async () => {
  const [english, greek] = ["en", "el"].map((code) => {
    const file = resolve(import.meta.dirname, `../../web/locales/admin/${code}.json`);
    return new Set(wordsOf(JSON.parse(readFileSync(file, "utf8")).admin));
  });
  const { page } = await visit(browser, system.webUrl, { language: "el-GR" });
  await page.goto("/sign-in");
  await page.getByLabel("Διεύθυνση").first().fill(BOSS);
  await page.locator("input[type=password]").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Εισερχόμενα", level: 1 }).waitFor();
  for (const [path] of PAGES) {
    await page.goto(`/admin/${path}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
    const text = await page.locator("body").innerText();
    const left = [...(english ?? [])].filter(
      (one) => one.length > 3 && greek?.has(one) === false && text.includes(one),
    );
    expect({ path, left }).toEqual({ path, left: [] });
    await shoot(page, `${path}-greek`);
  }
});

/** For the eyes of whoever changes the pages: ANGELIA_SHOTS names a folder. */
async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env["ANGELIA_SHOTS"];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
