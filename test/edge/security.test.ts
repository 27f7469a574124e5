import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Role } from "../../src/contract/permission.ts";
import {
  OwnSecurity,
  SecurityOverview,
  SignInAttackPage,
  SignInPage,
  WebSessionPage,
} from "../../src/contract/security.ts";
import { addAppPassword, changeRole, signIn } from "../../src/tenants/index.ts";
import { insertSignInAttack } from "../../src/tenants/sign-in-failures.store.ts";
import { PASSWORD, type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let domain: string;
let owner: Person;
let pat: Person;
let stranger: Person;
beforeAll(async () => {
  edge = await startEdge();
  ({ domain } = await edge.tenant());
  owner = await withRole(domain, "owner");
  pat = await edge.person(domain);
  stranger = await withRole((await edge.tenant()).domain, "owner");
});
afterAll(() => edge[Symbol.asyncDispose]());

async function withRole(of: string, role: Role): Promise<Person> {
  const person = await edge.person(of);
  await changeRole(edge.runtime.tenancy, person.address, role, "grant");
  return person;
}

async function call(person: Person, method: string, path: string, value?: unknown, cookie?: string) {
  const init = {
    method,
    headers: {
      ...(value === undefined ? {} : { "content-type": "application/json" }),
      ...(cookie === undefined ? {} : { cookie }),
    },
    ...(value === undefined ? {} : { body: JSON.stringify(value) }),
  };
  const res = await (cookie === undefined ? person.fetch(path, init) : edge.fetch(path, init));
  const text = await res.text();
  const body: unknown = text === "" ? null : JSON.parse(text);
  return { status: res.status, body };
}

/** Signs in as a browser does. @returns its cookie, "" when it was refused */
async function browse(person: Person, { password = PASSWORD, client = "192.0.2.7", device = "Test/1" } = {}) {
  const opened = await edge.runtime.fetch(
    "/session",
    {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": device },
      body: JSON.stringify({ address: person.address, password }),
    },
    client,
  );
  return { status: opened.status, cookie: opened.headers.getSetCookie()[0]?.split(";")[0] ?? "" };
}

/** What is written down some seconds after the sign-ins. */
async function signInsOf(
  person: Person,
  isThere: (found: SignInPage["items"]) => boolean,
): Promise<SignInPage> {
  for (let left = 100; ; left--) {
    const { body } = await call(owner, "GET", `/v1/security/sign-ins?address=${person.address}`);
    const page = SignInPage.parse(body);
    if (isThere(page.items) || left === 0) return page;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
type SignInPage = ReturnType<typeof SignInPage.parse>;

describe("sign-ins", () => {
  test("are one line for an hour, with network, protocol and how it ended", async () => {
    expect((await browse(pat)).status).toBe(200);
    expect((await browse(pat, { client: "192.0.2.99" })).status).toBe(200);
    expect((await browse(pat, { client: "198.51.100.4", password: "wrong password" })).status).toBe(401);
    const jmap = await edge.runtime.fetch(
      "/jmap/session",
      { headers: { authorization: pat.authorization } },
      "2001:db8:1:2::3",
    );
    expect(jmap.status).toBe(200);
    const { items } = await signInsOf(
      pat,
      (found) => found.length >= 3 && found.some((one) => one.protocol === "web" && one.count >= 2),
    );
    const lines = items.map((one) => `${one.protocol} ${one.network} ${one.succeeded} ${one.count}`);
    expect(lines.toSorted()).toEqual([
      "jmap 2001:db8:1::/48 true 1",
      "web 192.0.2.0/24 true 2",
      "web 198.51.100.0/24 false 1",
    ]);
    for (const one of items) {
      expect(one.address).toBe(pat.address);
      expect(Date.parse(one.lastAt)).toBeGreaterThanOrEqual(Date.parse(one.firstAt));
    }
    const overview = SecurityOverview.parse((await call(owner, "GET", "/v1/security")).body);
    expect(overview).toMatchObject({ people: expect.any(Number) });
    expect(overview.signIns).toBeGreaterThanOrEqual(3);
    expect(overview.failedSignIns).toBeGreaterThanOrEqual(1);
    expect(overview.openSessions).toBeGreaterThanOrEqual(2);
    const failed = await call(owner, "GET", "/v1/security/sign-ins?succeeded=false");
    expect(SignInPage.parse(failed.body).items.every((one) => !one.succeeded)).toBe(true);
    const own = OwnSecurity.parse((await call(pat, "GET", "/v1/me/security")).body);
    expect(own.signIns.map((one) => one.id).toSorted()).toEqual(items.map((one) => one.id).toSorted());
    expect(SignInPage.parse((await call(pat, "GET", "/v1/me/security/sign-ins?limit=2")).body)).toMatchObject(
      {
        items: { length: 2 },
        nextCursor: expect.any(String),
      },
    );
  });

  test("a page of them ends where the next begins", async () => {
    const first = SignInPage.parse((await call(owner, "GET", "/v1/security/sign-ins?limit=1")).body);
    const next = await call(owner, "GET", `/v1/security/sign-ins?limit=1&cursor=${first.nextCursor}`);
    expect(SignInPage.parse(next.body).items[0]?.id).not.toBe(first.items[0]?.id);
    for (const query of ["cursor=nonsense", "limit=0", "succeeded=maybe"])
      expect(await call(owner, "GET", `/v1/security/sign-ins?${query}`)).toMatchObject({
        status: 400,
        body: { errors: [{ field: query.split("=")[0] }] },
      });
  });
});

describe("browsers", () => {
  test("are listed with their device, and signed out one by one", async () => {
    const kim = await edge.person(domain);
    const [phone, desk] = [await browse(kim, { device: "Phone/1" }), await browse(kim, { device: "Desk/2" })];
    const own = OwnSecurity.parse((await call(kim, "GET", "/v1/me/security", undefined, desk.cookie)).body);
    const named = own.sessions.filter((one) => one.device !== "");
    expect(named.map((one) => `${one.device} ${one.isCurrent} ${one.network}`)).toEqual([
      "Desk/2 true 192.0.2.0/24",
      "Phone/1 false 192.0.2.0/24",
    ]);
    const id = named[1]?.id ?? "";
    // Nobody else's, and not by another agency.
    expect((await call(pat, "DELETE", `/v1/me/security/sessions/${id}`)).status).toBe(404);
    expect((await call(stranger, "DELETE", `/v1/security/sessions/${id}`)).status).toBe(404);
    expect((await call(pat, "DELETE", `/v1/security/sessions/${id}`)).status).toBe(403);
    expect((await call(kim, "DELETE", `/v1/me/security/sessions/nonsense`)).status).toBe(404);
    expect((await call(kim, "DELETE", `/v1/me/security/sessions/${id}`)).status).toBe(204);
    expect((await call(kim, "DELETE", `/v1/me/security/sessions/${id}`)).status).toBe(404);
    expect((await edge.fetch("/session", { headers: { cookie: phone.cookie } })).status).toBe(401);
    expect((await edge.fetch("/session", { headers: { cookie: desk.cookie } })).status).toBe(200);
    const listed = WebSessionPage.parse((await call(owner, "GET", "/v1/security/sessions")).body);
    const theirs = listed.items.find((one) => one.device === "Desk/2" && one.address === kim.address);
    expect((await call(owner, "DELETE", `/v1/security/sessions/${theirs?.id}`)).status).toBe(204);
    expect((await edge.fetch("/session", { headers: { cookie: desk.cookie } })).status).toBe(401);
    expect((await call(owner, "DELETE", "/v1/security/sessions/nonsense")).status).toBe(404);
    // What ends a session stands in the log.
    const ended = await edge.runtime.store.db.tenant(
      owner.principal.tenantId,
      (tx) =>
        tx`select actor from audit_log where tenant_id = ${tx.tenantId} and action = 'session.end' and subject = ${kim.address}`,
    );
    expect(ended.map((row) => String(row["actor"]))).toEqual([kim.address, owner.address]);
  });
});

describe("attacks", () => {
  test("are listed with where they came from", async () => {
    const at = Date.now();
    const detail = {
      place: "account",
      address: "203.0.113.9",
      network: "203.0.113.0/24",
      protocol: "imap",
      failures: 20,
    };
    const days = [at, at - 86_400_000, at - 2 * 86_400_000];
    await edge.runtime.store.db.tenant(owner.principal.tenantId, async (tx) => {
      for (const day of days) await insertSignInAttack(tx, { subject: pat.address, detail, at: day });
    });
    const first = SignInAttackPage.parse((await call(owner, "GET", "/v1/security/attacks?limit=2")).body);
    expect(first.items).toHaveLength(2);
    expect(first.items[0]).toMatchObject({
      subject: pat.address,
      failures: 20,
      network: "203.0.113.0/24",
      protocol: "imap",
      country: null,
      day: new Date(at).toISOString().slice(0, 10),
    });
    const second = await call(owner, "GET", `/v1/security/attacks?limit=2&cursor=${first.nextCursor}`);
    expect(SignInAttackPage.parse(second.body)).toMatchObject({ items: { length: 1 }, nextCursor: null });
    expect((await call(owner, "GET", "/v1/security/attacks?cursor=x")).status).toBe(400);
  });
});

describe("what an agency demands", () => {
  test("is told, set, and in force", async () => {
    const { domain: own } = await edge.tenant();
    const boss = await withRole(own, "owner");
    const kim = await edge.person(own);
    const { tenancy } = edge.runtime;
    const defaults = { sessionDays: 14, passwordMinLength: 10, appPasswords: true };
    expect((await call(boss, "GET", "/v1/security/policy")).body).toEqual(defaults);
    const app = await addAppPassword(tenancy, kim.address, ["imap"], "phone");
    const { cookie } = await browse(kim);
    const wanted = { sessionDays: 1, passwordMinLength: 16, appPasswords: false };
    expect(await call(boss, "PUT", "/v1/security/policy", wanted)).toEqual({ status: 200, body: wanted });
    // What was open ends when it would have.
    const theirs = OwnSecurity.parse((await call(kim, "GET", "/v1/me/security", undefined, cookie)).body);
    const [session] = theirs.sessions;
    expect(Date.parse(session?.expiresAt ?? "") - Date.parse(session?.openedAt ?? "")).toBe(86_400_000);
    await expect(signIn(tenancy, kim.address, app.password, "imap")).rejects.toMatchObject({
      code: "credentials_wrong",
    });
    await expect(signIn(tenancy, kim.address, PASSWORD, "imap")).resolves.toMatchObject({
      address: kim.address,
    });
    await expect(addAppPassword(tenancy, kim.address, ["imap"], "x")).rejects.toMatchObject({
      code: "app_passwords_off",
    });
    expect((await call(boss, "PUT", "/v1/security/policy", {})).body).toEqual(defaults);
    await expect(signIn(tenancy, kim.address, app.password, "imap")).resolves.toMatchObject({});
    // Passwords that are set from now on are as long as that.
    await call(boss, "PUT", "/v1/security/policy", { passwordMinLength: 20 });
    const add = (password: string) =>
      call(boss, "POST", "/v1/people", {
        address: `new${password.length}@${own}`,
        name: "New",
        access: { by: "password", password },
      });
    expect(await add("only nineteen chars")).toMatchObject({
      status: 400,
      body: { errors: [{ field: "access.password", code: "too_short" }] },
    });
    expect((await add("twenty characters it")).status).toBe(201);
    for (const [value, field] of [
      [{ sessionDays: 0 }, "sessionDays"],
      [{ passwordMinLength: 4 }, "passwordMinLength"],
      [{ appPasswords: "no" }, "appPasswords"],
    ] as const)
      expect(await call(boss, "PUT", "/v1/security/policy", value)).toMatchObject({
        status: 400,
        body: { errors: [{ field }] },
      });
    // Each agency has its own.
    expect((await call(stranger, "GET", "/v1/security/policy")).body).toEqual(defaults);
  });
});

test("another agency sees nothing, and who has no permission is refused", async () => {
  for (const name of ["sign-ins", "sessions", "attacks"]) {
    const { status, body } = await call(stranger, "GET", `/v1/security/${name}`);
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain(domain);
  }
  const auditor = await withRole(domain, "auditor");
  for (const path of ["", "/sign-ins", "/sessions", "/attacks", "/policy"]) {
    expect((await call(pat, "GET", `/v1/security${path}`)).status).toBe(403);
    expect((await call(auditor, "GET", `/v1/security${path}`)).status).toBe(200);
  }
  expect((await call(auditor, "PUT", "/v1/security/policy", {})).status).toBe(403);
  expect((await edge.fetch("/v1/me/security")).status).toBe(401);
});
