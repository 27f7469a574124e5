import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { SignInPage } from "../../src/contract/security.ts";
import { SupportAccessPage } from "../../src/contract/support-access.ts";
import { addAgency, imapOf, webSessionOf } from "../support/agency.ts";
import { type System, startSystem } from "../support/system.ts";
import { until } from "../support/smtp-relay.ts";

let system: System;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "angelia-access-"));
  system = await startSystem({ env: { ANGELIA_UNVERIFIED_DAILY: "7" } });
  await addAgency(system, "acme", ["ann", "amy"]);
});
afterAll(async () => {
  await system?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const fail = (...args: readonly string[]): Promise<string> =>
  system.cli(...args).then(
    () => "it worked",
    (error: unknown) => String(error),
  );
const get = async (path: string, cookie: string): Promise<unknown> =>
  (await fetch(`${system.webUrl}${path}`, { headers: { cookie } })).json();
const post = async (path: string, cookie: string, value: unknown): Promise<unknown> =>
  (
    await fetch(`${system.webUrl}${path}`, {
      method: "POST",
      headers: { cookie, "content-type": "application/json" },
      body: JSON.stringify(value),
    })
  ).json();

test("a domain admin gets domains of the agency, and nobody else does", async () => {
  expect(
    await system.cli("role", "grant", "amy@acme.test", "domain_admin", "--domain", "acme.test"),
  ).toMatchObject({
    role: "domain_admin",
    changed: true,
  });
  expect(await fail("role", "grant", "amy@acme.test", "domain_admin")).toContain("--domain");
  expect(await fail("role", "grant", "amy@acme.test", "admin", "--domain", "acme.test")).toContain(
    "--domain",
  );
  expect(
    await fail("role", "grant", "amy@acme.test", "domain_admin", "--domain", "elsewhere.test"),
  ).toContain("domain");
});

test("the staff asks, the owner agrees, and the link opens the administration in the running system", async () => {
  await system.cli("role", "grant", "ann@acme.test", "owner");
  const asking = ["support", "ask", "acme", "--operator", "Maria P", "--reason", "ticket 7"];
  expect(await fail(...asking, "--scope", "everything")).toContain("--scope");
  expect(await fail(...asking, "--scope", "settings", "--hours", "999")).toContain("--hours");
  expect(await fail(...asking, "--scope", "mailbox:nobody@acme.test")).toContain("address");
  await system.cli(...asking, "--scope", "settings", "--hours", "2");
  const cookie = await webSessionOf(system, "ann@acme.test");
  const [waiting] = SupportAccessPage.parse(await get("/v1/support-access", cookie)).items;
  expect(waiting).toMatchObject({ state: "asked" });
  const id = waiting?.id ?? "";
  expect(await fail("support", "link", "acme", id)).toContain("closed");
  expect(await post(`/v1/support-access/${id}/grant`, cookie, { hours: 1 })).toMatchObject({
    state: "granted",
  });
  const link = z.object({ url: z.url() }).parse(await system.cli("support", "link", "acme", id));
  const path = new URL(link.url).pathname;
  const entered = await fetch(`${system.webUrl}${path}`, {
    method: "POST",
    redirect: "manual",
    headers: { "sec-fetch-site": "same-origin" },
  });
  expect(entered.status).toBe(303);
  const staff = entered.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  expect(await get("/session", staff)).toMatchObject({ address: "support:Maria P", roles: [] });
  expect(await get("/v1/roles", staff)).toMatchObject({ items: expect.any(Array) });
  expect(await system.cli("support", "list", "acme")).toMatchObject([
    { id, state: "granted", operator: "Maria P" },
  ]);
});

test("a registry is imported, an agency that signs itself up is found in it, and verified with its letter", async () => {
  const file = join(dir, "registry.csv");
  writeFileSync(
    file,
    'name,official_id,postal_address,email,kind\n"Δήμος Αθηναίων",6105,"Λιοσίων 22, 10438 Αθήνα",,municipality\n',
  );
  expect(await system.cli("registry", "import", file, "--country", "gr")).toMatchObject({
    country: "GR",
    count: 1,
    errors: [],
  });
  writeFileSync(join(dir, "bad.csv"), "name,official_id\n,1\n");
  expect(await fail("registry", "import", join(dir, "bad.csv"), "--country", "GR")).toMatch(
    /line 2|"line":2/,
  );
  const made = await fetch(`${system.webUrl}/signup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      agencyName: "City of Athens",
      personName: "Maria Test",
      slug: "athens",
      localPart: "maria",
      password: "a long enough one",
      consent: true,
      locale: "en",
    }),
  });
  const cookie = made.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  expect(await get("/v1/verification", cookie)).toMatchObject({ state: "unverified", dailyRecipients: 7 });
  expect(await get("/v1/verification/candidates?q=dimos%20athineon", cookie)).toMatchObject({
    items: [{ officialId: "6105", isTaken: false }],
  });
  const entry = { country: "GR", officialId: "6105", method: "letter" };
  expect(await post("/v1/verification/code", cookie, entry)).toMatchObject({ state: "code_sent" });
  expect(await system.cli("verification", "list")).toMatchObject([{ slug: "athens", state: "code_sent" }]);
  const letters = join(dir, "letters.html");
  expect(await system.cli("verification", "letters", "--out", letters)).toMatchObject({
    letters: ["athens"],
  });
  expect(await system.cli("verification", "letters", "--out", letters)).toMatchObject({ letters: [] });
  const code = /code is: ([A-Z2-7]{4}-[A-Z2-7]{4})/.exec(readFileSync(letters, "utf8"))?.[1];
  expect(await post("/v1/verification/confirm", cookie, { code })).toMatchObject({ state: "verified" });
  expect(
    await system.cli("verification", "decide", "athens", "--refused", "--reason", "a mistake"),
  ).toMatchObject({ isVerified: false });
  expect(await get("/v1/verification", cookie)).toMatchObject({ state: "refused", reason: "a mistake" });
  await system.cli("verification", "reopen", "athens");
  expect(await get("/v1/verification", cookie)).toMatchObject({ state: "unverified" });
});

test("who signs in by IMAP stands in the list of the running system", async () => {
  (await imapOf(system, "amy@acme.test")).close();
  const cookie = await webSessionOf(system, "ann@acme.test");
  const found = await until(async () => {
    const page = await get("/v1/security/sign-ins?address=amy@acme.test", cookie);
    return SignInPage.parse(page).items.find((one) => one.protocol === "imap");
  });
  expect(found).toMatchObject({ address: "amy@acme.test", succeeded: true, count: 1 });
});
