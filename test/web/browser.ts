import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type Page, chromium } from "playwright-core";
import { expect } from "vitest";

const CHROMIUM = "/usr/bin/chromium";
const BUILT = resolve(import.meta.dirname, "../../web/dist/index.html");
/** Without these, Chromium looks for updates and hosts of its maker at every start. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Widths in CSS pixels at which every screen must be right. */
export const PHONE = 390;
export const DESK = 1440;

export async function openBrowser(): Promise<Browser> {
  if (!existsSync(BUILT)) throw new Error("the web UI is not built; run: npm run web:build");
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
}

export interface View {
  readonly width?: number;
  readonly scheme?: "light" | "dark";
  readonly language?: string;
}

/** A page of a person of their own (cookies, storage), and what went wrong in it. */
export interface Visit {
  readonly page: Page;
  /** script errors, refused policies, and requests to any other server; a good visit has none */
  readonly faults: readonly string[];
}

/** What the browser writes by itself about answers that a test means to provoke. */
const EXPECTED =
  /status of 401|Blocked script execution in 'about:srcdoc'|ERR_INTERNET_DISCONNECTED|ERR_FAILED/;

export async function visit(browser: Browser, url: string, view: View = {}): Promise<Visit> {
  const { width = DESK, scheme = "light", language = "en-GB" } = view;
  const isPhone = width === PHONE;
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width, height: isPhone ? 844 : 900 },
    colorScheme: scheme,
    locale: language,
    hasTouch: isPhone,
    isMobile: isPhone,
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(`script error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !EXPECTED.test(message.text())) faults.push(message.text());
  });
  page.on("request", (request) => {
    const target = new URL(request.url());
    if (target.protocol.startsWith("http") && target.origin !== new URL(url).origin)
      faults.push(request.url());
  });
  return { page, faults };
}

export async function signIn(page: Page, address: string, password: string): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail address").fill(address);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Inbox", level: 1 }).waitFor();
}

/** Fails with every violation of WCAG 2.1 AA, and of axe's best practices, on the page as it stands. */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  // The frames of messages run no script, so axe looks at our own page only ("legacy mode").
  const found = await new AxeBuilder({ page })
    .setLegacyMode(true)
    .options({
      iframes: false,
      runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] },
    })
    .analyze();
  const violations = found.violations.map(({ id, help, nodes }) => {
    const places = nodes.map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`);
    return `${id} (${help})\n  ${places.join("\n  ")}`;
  });
  expect({ screen: name, violations }).toEqual({ screen: name, violations: [] });
}

/** The rows of the message list. */
export function rows(page: Page, text?: string) {
  const all = page.locator("[data-row]");
  return text === undefined ? all : all.filter({ hasText: text });
}

/** Writes a message in the composer that is open, but doesn't send it. */
export async function write(
  page: Page,
  mail: { to?: string; subject?: string; text: string },
): Promise<void> {
  const composer = page.getByRole("dialog", { name: "New message" });
  if (mail.to !== undefined) {
    await composer.getByLabel("To", { exact: true }).fill(mail.to);
    await page.keyboard.press("Enter");
  }
  if (mail.subject !== undefined) await composer.getByLabel("Subject").fill(mail.subject);
  await composer.getByLabel("Text of the message").fill(mail.text);
}
