import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { isInstalled, needs } from "../support/programs.ts";
import { type System, startSystem } from "../support/system.ts";
import { DESK, PHONE, expectAccessible, openBrowser, signIn, visit } from "./browser.ts";

const BOSS = "ines@acme.test";

let system: System;
let browser: Browser;
let screens: readonly (readonly [name: string, path: string, shown: string])[] = [];
let invitation = "";
beforeAll(async () => {
  if (!isInstalled("chromium")) return;
  // No name is found: each record is missing.
  const env = { ANGELIA_DNS: "127.0.0.1:9", ANGELIA_SMARTHOST: "smtp://127.0.0.1:9" };
  [system, browser] = await Promise.all([startSystem({ env }), openBrowser()]);
  await addAgency(system, "acme", ["ines", "nikos"]);
  await system.cli("role", "grant", BOSS, "admin");
  await fill();
});
beforeEach((context) => needs(context, "chromium"));
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

const Made = z.object({ id: z.string() });

/** One of everything, by the interface that the pages use. */
async function fill(): Promise<void> {
  const headers = { origin: system.webUrl, "content-type": "application/json", cookie: "" };
  const send = async (method: string, path: string, body: unknown): Promise<Response> => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const type = typeof body === "string" ? "text/csv" : "application/json";
    const answer = await fetch(`${system.webUrl}${path}`, {
      method,
      headers: { ...headers, "content-type": type },
      body: text,
    });
    expect([path, answer.ok]).toEqual([path, true]);
    return answer;
  };
  const signedIn = await send("POST", "/session", { address: BOSS, password: PASSWORD });
  headers.cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  await send("POST", "/v1/domains", { name: "own.example" });
  const added = await send("POST", "/v1/people", {
    address: "maria@acme.test",
    name: "Maria Papadopoulou",
    aliases: ["m.papa@acme.test"],
    access: { by: "invite" },
  });
  const { id: maria, ...rest } = z
    .object({ id: z.string(), invitation: z.object({ link: z.string() }) })
    .parse(await added.json());
  invitation = new URL(rest.invitation.link).pathname;
  await send("POST", "/v1/groups", { address: "finance@acme.test", name: "Finance" });
  await send("POST", "/v1/groups/finance@acme.test/members", { members: ["nikos@acme.test"] });
  const shared = Made.parse(
    await (await send("POST", "/v1/shared-mailboxes", { address: "info@acme.test", name: "Office" })).json(),
  );
  await send("PUT", `/v1/shared-mailboxes/${shared.id}/members/nikos@acme.test`, { role: "sender" });
  await send("POST", "/v1/resources", {
    address: "chamber@acme.test",
    name: "Council chamber",
    kind: "room",
  });
  await send("POST", "/v1/mandates", { mailbox: "info@acme.test", holder: "nikos@acme.test" });
  const list = "address,name,quota\nanna,Anna,5 GB\nines,Ines,\nbob@else.example,Bob,huge\n";
  const imported = Made.parse(await (await send("POST", "/v1/people-imports", list)).json());
  const moved = Made.parse(
    await (
      await send("POST", "/v1/migrations", {
        source: { kind: "imap", host: "imap.old.example" },
        mailboxes: [{ address: "nikos@acme.test", password: "x" }],
      })
    ).json(),
  );
  screens = [
    ["start", "/admin/start", "A second administrator"],
    ["people", "/admin/people", "Maria Papadopoulou"],
    ["person-new", "/admin/people?add=true", "How do they get in?"],
    ["person", `/admin/people?person=${maria}`, "Further addresses"],
    ["import", "/admin/people/import", "Drop the list here"],
    ["import-preview", `/admin/people/import/${imported.id}`, "This is not a domain of your agency."],
    ["groups", "/admin/groups", "finance@acme.test"],
    ["group", "/admin/groups?group=finance@acme.test", "Who may write to it?"],
    ["shared", "/admin/shared", "info@acme.test"],
    ["shared-one", `/admin/shared?mailbox=${shared.id}`, "What the roles mean"],
    ["resources", "/admin/resources", "Council chamber"],
    ["mandates", "/admin/mandates", "In office"],
    ["domains", "/admin/domains", "own.example"],
    ["domain", "/admin/domains/own.example", "How would you like to enter them?"],
    ["domain-proven", "/admin/domains/acme.test", "Address of your people"],
    ["move", "/admin/domains/acme.test/move", "Use both servers for a while"],
    ["migrations", "/admin/migrations", "From imap.old.example"],
    ["migration-new", "/admin/migrations/new", "Whose mail?"],
    ["migration", `/admin/migrations/${moved.id}`, "Nothing runs yet."],
    ["devices", "/settings/devices", "Settings to enter by hand"],
  ];
}

describe.each([
  { width: DESK, scheme: "light" as const },
  { width: DESK, scheme: "dark" as const },
  { width: PHONE, scheme: "light" as const },
  { width: PHONE, scheme: "dark" as const },
])("$width px, $scheme", ({ width, scheme }) => {
  test("axe finds nothing on the pages of moving in, and nothing goes out of the screen", async () => {
    const { page, faults } = await visit(browser, system.webUrl, { width, scheme });
    await page.goto(invitation);
    await page.getByRole("heading", { name: "Welcome, Maria Papadopoulou" }).waitFor();
    await look(page, `invitation-${width}-${scheme}`);
    await page.goto("/invitation/nothing");
    await page.getByRole("heading", { name: "This invitation doesn’t work any more" }).waitFor();
    await look(page, `invitation-ended-${width}-${scheme}`);
    await signIn(page, BOSS, PASSWORD);
    await page.getByRole("link", { name: "See the steps" }).waitFor();
    await look(page, `welcome-${width}-${scheme}`);
    for (const [name, path, shown] of screens) {
      await page.goto(path);
      await page.getByText(shown).first().waitFor();
      await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
      await look(page, `${name}-${width}-${scheme}`);
    }
    await page.goto("/settings/devices");
    await page.getByRole("button", { name: "Android phone", exact: true }).click();
    await page.getByLabel("What do you call it?").fill("Pixel");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("img", { name: "Code with the password" }).waitFor();
    await look(page, `device-${width}-${scheme}`);
    if (width === PHONE) {
      await page.goto("/admin/people");
      await page.getByRole("button", { name: "Show the menu" }).click();
      const menu = page.getByRole("dialog", { name: "Administration" });
      await menu.getByRole("link", { name: "Groups" }).waitFor();
      await look(page, `menu-${width}-${scheme}`);
      await menu.getByRole("link", { name: "Groups" }).click();
      await page.getByRole("heading", { name: "Groups", level: 1 }).waitFor();
      await menu.waitFor({ state: "detached" });
    }
    expect(troubles.splice(0)).toEqual([]);
    // Whether mail of somebody is forwarded is asked, and "no" is a 404; so is the invitation that isn't.
    expect(faults.filter((one) => !/\b404\b/.test(one))).toEqual([]);
  }, 240_000);
});

/** All texts of a locale that have no placeholders. */
function wordsOf(value: unknown): string[] {
  if (typeof value === "string") return value.includes("{{") ? [] : [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(wordsOf) : [];
}

test("in Greek, no English is left", async () => {
  const [english, greek] = ["en", "el"].map((code) => {
    const files = [`${code}.json`, `admin/${code}.json`];
    const texts = files.map((file) =>
      readFileSync(resolve(import.meta.dirname, "../../web/locales", file), "utf8"),
    );
    return new Set(texts.flatMap((text) => wordsOf(JSON.parse(text))));
  });
  const { page } = await visit(browser, system.webUrl, { language: "el-GR" });
  await page.goto("/sign-in");
  await page.getByLabel("Διεύθυνση").first().fill(BOSS);
  await page.locator("input[type=password]").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Εισερχόμενα", level: 1 }).waitFor();
  const left: string[] = [];
  for (const [name, path] of [["invitation", invitation, ""] as const, ...screens]) {
    await page.goto(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
    const text = await page.locator("body").innerText();
    const lines = new Set(text.split("\n").map((line) => line.trim()));
    for (const one of english ?? [])
      if (one.length > 3 && greek?.has(one) === false && lines.has(one)) left.push(`${name}: ${one}`);
    await shoot(page, `${name}-greek`);
  }
  expect(left).toEqual([]);
}, 120_000);

/** What is wrong on any of the screens: all of it is told, not only the first. */
const troubles: string[] = [];

async function look(page: Page, name: string): Promise<void> {
  await expectAccessible(page, name).catch((error: unknown) => void troubles.push(String(error)));
  const wider = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  if (wider > 0) troubles.push(`${name} is ${wider} px too wide`);
  await shoot(page, name);
}

/** For the eyes of whoever changes the pages: ANGELIA_SHOTS names a folder. */
async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env["ANGELIA_SHOTS"];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
