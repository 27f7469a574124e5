import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { isInstalled, needs } from "../support/programs.ts";
import { type System, startSystem } from "../support/system.ts";
import { PHONE, openBrowser, rows, visit, write } from "./browser.ts";

const PASSWORD = "olive harbour seven";

let system: System;
let browser: Browser;

beforeAll(async () => {
  if (!isInstalled("chromium")) return;
  [system, browser] = await Promise.all([startSystem(), openBrowser()]);
});
beforeEach((context) => needs(context, "chromium"));
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

test("three screens and six values lead from a Greek name to the inbox, and the first mail arrives", async () => {
  const { page, faults } = await visit(browser, system.webUrl);
  await page.goto("/");
  await page.getByRole("link", { name: "Set it up" }).click();
  const headings: (string | null)[] = [];
  const seen = async (): Promise<void> => {
    headings.push(await page.getByRole("heading", { level: 1 }).textContent());
  };

  await page.getByLabel("Name of the agency").fill("Δήμος Καλαμάτας");
  await page.getByLabel("Your name").fill("Γιώργος Νικολάου");
  await seen();
  await page.getByRole("button", { name: "Continue" }).click();

  await page.getByText("This address is free.").waitFor();
  const address = await page.getByTestId("proposed-address").textContent();
  expect(address).toMatch(/^[a-z]+\.[a-z]+@[a-z-]+\.agencies\.test$/);
  await seen();
  await page.getByRole("button", { name: "Continue" }).click();

  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("checkbox").check();
  await seen();
  await page.getByRole("button", { name: "Create the mailbox" }).click();

  await page.getByRole("heading", { name: "Your mailbox is open" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/mail/inbox");
  expect(headings).toEqual(["Set up mail for your agency", "Choose your address", "Protect your mailbox"]);
  expect(await page.getByTestId("own-address").textContent()).toBe(address);

  await page.getByRole("button", { name: "Write" }).click();
  await write(page, { to: address ?? "", subject: "Καλημέρα", text: "Το πρώτο μήνυμα." });
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await rows(page, "Καλημέρα").click();
  await page.getByText("Το πρώτο μήνυμα.", { exact: true }).last().waitFor();
  expect(faults).toEqual([]);
});

test("taken, reserved and malformed names are refused beside the field, in words, with one that is free", async () => {
  const { page } = await visit(browser, system.webUrl, { width: PHONE });
  const agency = page.getByLabel("Your agency");
  const person = page.getByLabel("You", { exact: true });
  const begin = async (agencyName: string): Promise<void> => {
    await page.goto("/sign-up");
    await page.getByLabel("Name of the agency").fill(agencyName);
    await page.getByLabel("Your name").fill("Anna Rossi");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("This address is free.").waitFor();
  };
  await begin("Comune di Prova");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Create the mailbox" }).click();
  await page.getByTestId("own-address").waitFor();
  const domain = (await page.getByTestId("own-address").textContent())?.split("@")[1] ?? "";
  const taken = domain.split(".")[0] ?? "";

  await begin("Another Town");
  await agency.fill(taken);
  await page.getByText("Another agency has this name already.").waitFor();
  expect(await agency.getAttribute("aria-invalid")).toBe("true");
  await page.getByRole("button", { name: /^Use “/ }).click();
  await page.getByText("This address is free.").waitFor();
  expect(await agency.inputValue()).not.toBe(taken);

  await person.fill("postmaster");
  await page.getByText("This name is kept for the running of the mail system.").waitFor();
  expect(await page.getByRole("button", { name: "Continue" }).isDisabled()).toBe(true);
  await person.fill("anna rossi!");
  await page.getByText(/^Use only small Latin letters and digits, with/).waitFor();
  await person.fill("anna.rossi");
  await page.getByText("This address is free.").waitFor();
});

test("a short password and a missing consent are named, and what was typed stays", async () => {
  const { page } = await visit(browser, system.webUrl);
  await page.goto("/sign-up?step=3");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("Enter the name of your agency.").waitFor();
  await page.getByLabel("Name of the agency").fill("Short Town");
  await page.getByLabel("Your name").fill("Ivan Petrov");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("This address is free.").waitFor();
  await page.getByRole("button", { name: "Continue" }).click();

  const password = page.getByLabel("Password", { exact: true });
  await password.fill("short");
  await page.getByRole("button", { name: "Create the mailbox" }).click();
  await page.getByText("Use at least 10 characters.").waitFor();
  await page.getByText("Please accept the terms and the privacy notice.").waitFor();
  expect(await password.inputValue()).toBe("short");
  await page.getByRole("button", { name: "Show or hide the password" }).click();
  expect(await password.getAttribute("type")).toBe("text");

  await page.goBack();
  await page.goBack();
  expect(await page.getByLabel("Name of the agency").inputValue()).toBe("Short Town");
});

test("the language is the browser's, and can be changed before anything is signed", async () => {
  const { page } = await visit(browser, system.webUrl, { language: "el-GR" });
  await page.goto("/sign-up");
  await page.getByRole("heading", { name: "Αλληλογραφία για τον φορέα σας" }).waitFor();
  expect(await page.locator("html").getAttribute("lang")).toBe("el");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("heading", { name: "Set up mail for your agency" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Set up mail for your agency" }).waitFor();
});
