import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askSupport, makeSupportLink } from "../../src/access/index.ts";
import type { Role } from "../../src/contract/permission.ts";
import { Session } from "../../src/contract/session.ts";
import {
  MailboxAccessPage,
  OwnSupportAccess,
  SupportAccess,
  SupportAccessPage,
} from "../../src/contract/support-access.ts";
import type { Outbound } from "../../src/outbound/index.ts";
import { printId } from "../../src/protocol/jmap/index.ts";
import { changeRole } from "../../src/tenants/index.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let outbound: Outbound;
beforeAll(async () => {
  edge = await startEdge();
  const { store, tenancy } = edge.runtime;
  outbound = {
    store,
    tenancy,
    queue: { wake: () => undefined, onWake: () => () => undefined },
    hostname: "mail.hosted.test",
  };
});
afterAll(() => edge[Symbol.asyncDispose]());

async function withRole(of: string, role: Role): Promise<Person> {
  const person = await edge.person(of);
  await changeRole(edge.runtime.tenancy, person.address, role, "grant");
  return person;
}

interface Agency {
  readonly slug: string;
  readonly domain: string;
  readonly owner: Person;
  readonly second: Person;
  readonly pat: Person;
}
async function agency(): Promise<Agency> {
  const { slug, domain } = await edge.tenant();
  const [owner, second, pat] = [
    await withRole(domain, "owner"),
    await withRole(domain, "owner"),
    await edge.person(domain),
  ];
  return { slug, domain, owner, second, pat };
}

async function call(person: Person, method: string, path: string, value?: unknown) {
  const res = await person.fetch(`/v1${path}`, {
    method,
    ...(value === undefined
      ? {}
      : { body: JSON.stringify(value), headers: { "content-type": "application/json" } }),
  });
  const text = await res.text();
  const body: unknown = text === "" ? null : JSON.parse(text);
  return { status: res.status, body };
}
const grant = (by: Person, id: string, hours = 4) =>
  call(by, "POST", `/support-access/${id}/grant`, { hours });
const ask = ({ slug }: Agency, mailbox?: string, hours = 4): Promise<string> =>
  askSupport(outbound, slug, { operator: "Maria P", reason: "ticket 7", hours, mailbox });

/** The staff enters with a link, as its browser does. @returns its cookie */
async function enter({ slug }: Agency, id: string): Promise<string> {
  const { token } = await makeSupportLink(edge.runtime.tenancy, slug, id);
  const shown = await edge.fetch(`/support/${token}`);
  expect(await shown.text()).toContain("<button>Enter</button>");
  const entered = await edge.fetch(`/support/${token}`, {
    method: "POST",
    redirect: "manual",
    headers: { "sec-fetch-site": "same-origin" },
  });
  expect(entered.status).toBe(303);
  // It works once.
  const again = await edge.fetch(`/support/${token}`, {
    method: "POST",
    redirect: "manual",
    headers: { "sec-fetch-site": "same-origin" },
  });
  expect(again.status).toBe(404);
  return entered.headers.getSetCookie()[0]?.split(";")[0] ?? "";
}
const as = (cookie: string, path: string, init: RequestInit = {}) =>
  edge.fetch(path, { ...init, headers: { cookie, "content-type": "application/json" } });

const actionsOf = ({ owner }: Agency): Promise<string[]> =>
  edge.runtime.store.db.tenant(owner.principal.tenantId, async (tx) => {
    const rows = await tx<{ actor: string; action: string }[]>`
      select actor, action from audit_log where tenant_id = ${tx.tenantId} and action like 'support.%' order by id`;
    return rows.map(({ actor, action }) => `${actor} ${action}`);
  });
const subjectsOf = async (person: Person): Promise<string[]> =>
  (
    await person.call("Email/get", {
      ids: (await person.call("Email/query"))["ids"],
      properties: ["subject"],
    })
  )["list"].map((one: { subject: string }) => one.subject);

describe("access to the settings", () => {
  test("is asked for, told to the owners, granted, used, and ended", async () => {
    const acme = await agency();
    const { owner } = acme;
    const id = await ask(acme);
    expect(await subjectsOf(owner)).toEqual(["Support asks for access: Maria P"]);
    const { items } = SupportAccessPage.parse((await call(owner, "GET", "/support-access")).body);
    expect(items).toMatchObject([
      {
        id,
        operator: "Maria P",
        reason: "ticket 7",
        scope: "settings",
        mailbox: null,
        hours: 4,
        state: "asked",
        missing: 1,
      },
    ]);
    await expect(makeSupportLink(edge.runtime.tenancy, acme.slug, id)).rejects.toMatchObject({
      code: "support_closed",
    });
    // For less than was asked.
    const granted = SupportAccess.parse((await grant(owner, id, 2)).body);
    expect(granted).toMatchObject({ state: "granted", missing: 0, agreed: [{ by: owner.address }] });
    expect(Math.abs(Date.parse(granted.expiresAt ?? "") - Date.now() - 2 * 3_600_000)).toBeLessThan(60_000);
    const cookie = await enter(acme, id);
    const session = Session.parse(await (await as(cookie, "/session")).json());
    expect(session).toMatchObject({
      address: "support:Maria P",
      roles: [],
      support: { operator: "Maria P", scope: "settings" },
    });
    expect((await as(cookie, "/v1/roles")).status).toBe(200);
    expect((await as(cookie, "/v1/people")).status).toBe(200);
    // Nothing that opens mail, also not in a roundabout way, and nothing that outlives the access.
    for (const [method, path] of [
      ["GET", "/v1/me/security"],
      ["GET", "/v1/me/access-log"],
      ["GET", "/v1/quarantine"],
      ["GET", "/v1/support-access"],
      ["POST", `/v1/support-access/${id}/grant`],
      ["PUT", "/v1/roles"],
      ["POST", "/v1/people"],
      ["POST", "/v1/aliases"],
      ["PUT", `/v1/forwards/${acme.pat.address}`],
      ["POST", "/v1/api-keys"],
      ["PUT", "/v1/security/policy"],
    ] as const)
      expect(
        `${method} ${path} ${(await as(cookie, path, method === "GET" ? {} : { method, body: "{}" })).status}`,
      ).toBe(`${method} ${path} 403`);
    expect((await as(cookie, "/jmap/session")).status).toBe(403);
    expect((await as(cookie, "/quarantine/messages")).status).toBe(401);
    expect((await as(cookie, "/forward")).status).toBe(401);
    const ended = await call(owner, "POST", `/support-access/${id}/end`);
    expect(ended).toMatchObject({ status: 200, body: { state: "ended", closed: { by: owner.address } } });
    expect((await as(cookie, "/v1/roles")).status).toBe(401);
    expect((await as(cookie, "/session")).status).toBe(401);
    expect(await call(owner, "POST", `/support-access/${id}/end`)).toMatchObject({
      status: 409,
      body: { code: "support_closed" },
    });
    expect(await actionsOf(acme)).toEqual([
      "support:Maria P support.ask",
      `${owner.address} support.grant`,
      "support:Maria P support.link",
      "support:Maria P support.sign_in",
      `${owner.address} support.end`,
    ]);
  });

  test("ends by itself, looked at with each request", async () => {
    const acme = await agency();
    const id = await ask(acme);
    await grant(acme.owner, id);
    const cookie = await enter(acme, id);
    expect((await as(cookie, "/v1/roles")).status).toBe(200);
    await edge.runtime.store.db.tenant(
      acme.owner.principal.tenantId,
      (tx) =>
        tx`update support_accesses set expires_at = now() where tenant_id = ${tx.tenantId} and id = ${id}`,
    );
    expect((await as(cookie, "/v1/roles")).status).toBe(401);
    expect((await call(acme.owner, "GET", `/support-access/${id}`)).body).toMatchObject({ state: "expired" });
    await expect(makeSupportLink(edge.runtime.tenancy, acme.slug, id)).rejects.toMatchObject({
      code: "support_closed",
    });
  });

  test("a new link ends the session of the one before", async () => {
    const acme = await agency();
    const id = await ask(acme);
    await grant(acme.owner, id);
    const first = await enter(acme, id);
    const second = await enter(acme, id);
    expect((await as(first, "/v1/roles")).status).toBe(401);
    expect((await as(second, "/v1/roles")).status).toBe(200);
    expect((await as(second, "/session", { method: "DELETE" })).status).toBe(204);
    expect((await as(second, "/v1/roles")).status).toBe(401);
  });

  test("only an owner lets somebody in, and what was refused stays so", async () => {
    const acme = await agency();
    const id = await ask(acme);
    const admin = await withRole(acme.domain, "admin");
    expect((await grant(admin, id)).status).toBe(403);
    for (const role of ["help_desk", "auditor"] as const) {
      const person = await withRole(acme.domain, role);
      expect((await grant(person, id)).status).toBe(403);
      expect((await call(person, "GET", "/support-access")).status).toBe(403);
    }
    expect((await call(admin, "POST", `/support-access/${id}/refuse`)).body).toMatchObject({
      state: "refused",
    });
    expect(await grant(acme.owner, id)).toMatchObject({ status: 409, body: { code: "support_closed" } });
  });

  test("what is malformed is refused, and another agency sees and changes nothing", async () => {
    const [acme, other] = [await agency(), await agency()];
    const id = await ask(acme);
    for (const hours of [0, 73, 1.5, "two"])
      expect(await call(acme.owner, "POST", `/support-access/${id}/grant`, { hours })).toMatchObject({
        status: 400,
        body: { errors: [{ field: "hours" }] },
      });
    for (const act of ["grant", "refuse", "end"]) {
      expect((await call(other.owner, "POST", `/support-access/${id}/${act}`, { hours: 1 })).status).toBe(
        404,
      );
      expect((await call(acme.owner, "POST", `/support-access/nonsense/${act}`, { hours: 1 })).status).toBe(
        404,
      );
    }
    expect((await call(other.owner, "GET", `/support-access/${id}`)).status).toBe(404);
    expect((await call(other.owner, "GET", "/support-access")).body).toEqual({ items: [], nextCursor: null });
    expect((await call(acme.owner, "GET", `/support-access/${id}`)).body).toMatchObject({ state: "asked" });
    expect((await edge.fetch("/support/nonsense!")).status).toBe(404);
    const forged = await edge.fetch(`/support/link.${"a".repeat(26)}.${"b".repeat(52)}`, {
      method: "POST",
      headers: { "sec-fetch-site": "same-origin" },
    });
    expect(forged.status).toBe(404);
  });
});

describe("access to a mailbox", () => {
  test("takes two people, is told to its person, only reads, and stands in their log", async () => {
    const acme = await agency();
    const { owner, pat } = acme;
    const emailId = await pat.deliver("From: a@elsewhere.test\nSubject: for Pat\n\nthe text\n");
    const id = await ask(acme, pat.address);
    expect(await subjectsOf(pat)).toContain("Support asks for access: Maria P");
    expect((await grant(owner, id)).body).toMatchObject({ state: "asked", missing: 1, expiresAt: null });
    expect((await grant(owner, id)).status).toBe(403);
    await expect(makeSupportLink(edge.runtime.tenancy, acme.slug, id)).rejects.toMatchObject({
      code: "support_closed",
    });
    const own = OwnSupportAccess.parse((await call(pat, "GET", "/me/support-access")).body);
    expect(own.items).toMatchObject([{ id, mailbox: pat.address, state: "asked" }]);
    // It is Pat's, and nobody else's.
    expect((await call(acme.second, "POST", `/me/support-access/${id}/agree`)).status).toBe(404);
    expect((await call(pat, "POST", `/me/support-access/${id}/agree`)).body).toMatchObject({
      state: "granted",
      agreed: [{ by: owner.address }, { by: pat.address }],
    });
    expect(await subjectsOf(pat)).toContain("Support has access: Maria P");
    const cookie = await enter(acme, id);
    const accountId = printId("account", pat.principal.accountId);
    const jmap = async (method: string, args: object) => {
      const using = [
        "urn:ietf:params:jmap:core",
        "urn:ietf:params:jmap:mail",
        "urn:ietf:params:jmap:submission",
      ];
      const body = JSON.stringify({ using, methodCalls: [[method, { accountId, ...args }, "c"]] });
      const res = await edge.fetch("/jmap/api", {
        method: "POST",
        body,
        headers: { cookie, "content-type": "application/json", "sec-fetch-site": "same-origin" },
      });
      return (await res.json<{ methodResponses: unknown[][] }>()).methodResponses[0];
    };
    expect(await (await as(cookie, "/jmap/session")).json()).toMatchObject({
      accounts: { [accountId]: { isReadOnly: true } },
    });
    expect(await jmap("Email/get", { ids: [emailId], properties: ["subject"] })).toMatchObject([
      "Email/get",
      { list: [{ subject: "for Pat" }] },
      "c",
    ]);
    for (const [method, args] of [
      ["Email/set", { destroy: [emailId] }],
      ["Mailbox/set", { create: { x: { name: "x" } } }],
      ["EmailSubmission/set", { create: {} }],
      ["Identity/set", { create: {} }],
      ["Email/import", { emails: {} }],
    ] as const)
      expect(await jmap(method, args)).toEqual(["error", { type: "accountReadOnly" }, "c"]);
    expect((await as(cookie, `/jmap/upload/${accountId}`, { method: "POST", body: "x" })).status).toBe(401);
    // The account of somebody else is none.
    const other = printId("account", owner.principal.accountId);
    expect(await jmap("Email/query", { accountId: other })).toMatchObject([
      "error",
      { type: "accountNotFound" },
      "c",
    ]);
    // Pat sees it, and can end it.
    const log = MailboxAccessPage.parse((await call(pat, "GET", "/me/access-log?limit=200")).body);
    expect(log.items.map((one) => `${one.kind} ${one.actor} ${one.action}`)).toEqual(
      expect.arrayContaining([
        "support support:Maria P support.read",
        "support support:Maria P support.sign_in",
        `support ${owner.address} support.agree`,
        "support support:Maria P support.ask",
      ]),
    );
    expect((await call(pat, "POST", `/me/support-access/${id}/end`)).body).toMatchObject({ state: "ended" });
    expect(await (await as(cookie, "/jmap/session")).json()).toMatchObject({ status: 401 });
  });

  test("its person refuses it alone, and somebody who is nobody's mailbox can't be asked for", async () => {
    const acme = await agency();
    const id = await ask(acme, acme.pat.address);
    expect((await call(acme.pat, "POST", `/me/support-access/${id}/refuse`)).body).toMatchObject({
      state: "refused",
    });
    expect((await grant(acme.owner, id)).status).toBe(409);
    await expect(ask(acme, `nobody@${acme.domain}`)).rejects.toMatchObject({ code: "address_unknown" });
    expect((await call(acme.pat, "POST", `/me/support-access/${id}/explode`)).status).toBe(404);
  });
});

test("the log of a mailbox has what others did, page by page, and nobody else's", async () => {
  const acme = await agency();
  const { tenancy, store } = edge.runtime;
  for (const role of ["auditor", "help_desk"] as const)
    await changeRole(tenancy, acme.pat.address, role, "grant");
  await changeRole(tenancy, acme.second.address, "auditor", "grant");
  const first = MailboxAccessPage.parse((await call(acme.pat, "GET", "/me/access-log?limit=1")).body);
  expect(first.items).toMatchObject([
    { kind: "role", actor: "operator", action: "role.grant", detail: { role: "help_desk" } },
  ]);
  const second = MailboxAccessPage.parse(
    (await call(acme.pat, "GET", `/me/access-log?limit=1&cursor=${first.nextCursor}`)).body,
  );
  expect(second).toMatchObject({ items: [{ detail: { role: "auditor" } }], nextCursor: null });
  expect((await call(acme.pat, "GET", "/me/access-log?cursor=x")).status).toBe(400);
  expect((await edge.fetch("/v1/me/access-log")).status).toBe(401);
  // Nobody takes a line out of it.
  await expect(
    store.db.tenant(
      acme.pat.principal.tenantId,
      (tx) => tx`delete from audit_log where tenant_id = ${tx.tenantId}`,
    ),
  ).rejects.toThrow(/permission denied/);
});
