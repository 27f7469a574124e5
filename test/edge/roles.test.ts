import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Role } from "../../src/contract/permission.ts";
import { RoleGrant, RoleGrantPage } from "../../src/contract/roles.ts";
import { Session } from "../../src/contract/session.ts";
import { AccountId } from "../../src/kernel/id.ts";
import { printId } from "../../src/protocol/jmap/index.ts";
import { addSharedAccount, changeRole } from "../../src/tenants/index.ts";
import { PASSWORD, type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge[Symbol.asyncDispose]());

async function call(person: Person, method: string, path: string, value?: unknown) {
  const res = await person.fetch(path, {
    method,
    ...(value === undefined
      ? {}
      : { body: JSON.stringify(value), headers: { "content-type": "application/json" } }),
  });
  const text = await res.text();
  const body: unknown = text === "" ? null : JSON.parse(text);
  const code = typeof body === "object" && body !== null && "code" in body ? body.code : undefined;
  return { status: res.status, body, code };
}

/** Somebody of a domain with a role, given by the operator. */
async function withRole(domain: string, role: Role, domains?: readonly string[]): Promise<Person> {
  const person = await edge.person(domain);
  await changeRole(edge.runtime.tenancy, person.address, role, "grant", domains);
  return person;
}

const grant = (by: Person, to: Person, role: Role, domains?: readonly string[]) =>
  call(by, "PUT", "/v1/roles", { address: to.address, role, ...(domains === undefined ? {} : { domains }) });
const revoke = (by: Person, from: Person, role: string) =>
  call(by, "DELETE", `/v1/roles/${from.address}/${role}`);
const list = async (by: Person, query = "") =>
  RoleGrantPage.parse((await call(by, "GET", `/v1/roles${query}`)).body);

const audited = (person: Person): Promise<{ action: string; actor: string; detail: unknown }[]> =>
  edge.runtime.store.db.tenant(
    person.principal.tenantId,
    (tx) =>
      tx`select action, actor, detail from audit_log where tenant_id = ${tx.tenantId} and subject = ${person.address}
        and action like 'role.%' and actor <> 'operator' order by id`,
  );

describe("roles", () => {
  test("are given, listed and taken back, and the log has what was before and after", async () => {
    const { domain } = await edge.tenant();
    const owner = await withRole(domain, "owner");
    const pat = await edge.person(domain);
    const given = RoleGrant.parse((await grant(owner, pat, "help_desk")).body);
    expect(given).toMatchObject({
      address: pat.address,
      role: "help_desk",
      domains: null,
      grantedBy: owner.address,
    });
    expect(Date.parse(given.grantedAt)).toBeGreaterThan(Date.now() - 60_000);
    expect((await grant(owner, pat, "auditor")).status).toBe(200);
    const { items } = await list(owner);
    expect(items.map(({ address, role }) => `${address} ${role}`)).toEqual(
      [`${owner.address} owner`, `${pat.address} auditor`, `${pat.address} help_desk`].toSorted(),
    );
    expect((await revoke(owner, pat, "help_desk")).status).toBe(204);
    expect(await audited(pat)).toEqual([
      {
        action: "role.grant",
        actor: owner.address,
        detail: { role: "help_desk", before: "", after: "help_desk" },
      },
      {
        action: "role.grant",
        actor: owner.address,
        detail: { role: "auditor", before: "help_desk", after: "auditor help_desk" },
      },
      {
        action: "role.revoke",
        actor: owner.address,
        detail: { role: "help_desk", before: "auditor help_desk", after: "auditor" },
      },
    ]);
  });

  test("a page of them ends where the next begins", async () => {
    const { domain } = await edge.tenant();
    const owner = await withRole(domain, "owner");
    for (let n = 0; n < 4; n++) await withRole(domain, n % 2 === 0 ? "auditor" : "help_desk");
    const first = await list(owner, "?limit=3");
    expect(first.items).toHaveLength(3);
    const second = await list(owner, `?limit=3&cursor=${first.nextCursor}`);
    expect(second.nextCursor).toBeNull();
    const both = [...first.items, ...second.items].map((one) => one.address);
    expect(new Set(both).size).toBe(5);
    expect(both).toEqual(both.toSorted());
    expect((await list(owner, "?role=auditor")).items.map((one) => one.role)).toEqual(["auditor", "auditor"]);
    expect(await call(owner, "GET", "/v1/roles?cursor=nonsense")).toMatchObject({ status: 400 });
  });

  test("a domain admin has domains of the agency, which can be changed", async () => {
    const { domain } = await edge.tenant();
    const owner = await withRole(domain, "owner");
    const pat = await edge.person(domain);
    expect((await grant(owner, pat, "domain_admin", [domain.toUpperCase()])).body).toMatchObject({
      domains: [domain],
    });
    const session = await signIn(pat);
    expect(session).toMatchObject({ roles: ["domain_admin"], domains: [domain], support: null });
    expect(session.permissions).toContain("people:write");
    expect(session.permissions).not.toContain("roles:read");
    expect(await grant(owner, pat, "domain_admin", ["elsewhere.test"])).toMatchObject({
      status: 404,
      code: "domain_unknown",
    });
    // A role that may look everywhere does not make what they may change wider.
    expect((await grant(owner, pat, "auditor")).status).toBe(200);
    expect((await signIn(pat)).domains).toEqual([domain]);
    expect((await grant(owner, pat, "admin")).status).toBe(200);
    expect((await signIn(pat)).domains).toBeNull();
  });

  test("what is malformed is refused with the field", async () => {
    const { domain } = await edge.tenant();
    const owner = await withRole(domain, "owner");
    const pat = await edge.person(domain);
    const put = (value: unknown) => call(owner, "PUT", "/v1/roles", value);
    for (const [value, field] of [
      [{ address: pat.address, role: "king" }, "role"],
      [{ role: "admin" }, "address"],
      [{ address: pat.address, role: "domain_admin" }, "domains"],
      [{ address: pat.address, role: "auditor", domains: [domain] }, "domains"],
      [{ address: pat.address, role: "domain_admin", domains: [] }, "domains"],
    ] as const)
      expect((await put(value)).body).toMatchObject({ status: 400, errors: [{ field }] });
    expect(await put({ address: `nobody@${domain}`, role: "admin" })).toMatchObject({ status: 404 });
    const shared = `shared@${domain}`;
    const { tenantId } = owner.principal;
    const id = AccountId.parse(crypto.randomUUID());
    await addSharedAccount(
      edge.runtime.tenancy,
      { tenantId, actor: "test" },
      { id, address: shared, name: "Desk" },
    );
    expect(await put({ address: shared, role: "admin" })).toMatchObject({ status: 404 });
    expect(await revoke(owner, pat, "auditor")).toMatchObject({ status: 404, code: "role_unknown" });
    expect(await revoke(owner, pat, "king")).toMatchObject({ status: 404, code: "role_unknown" });
  });

  test("only owners make owners and administrators, and nobody raises themselves", async () => {
    const { domain } = await edge.tenant();
    const [owner, admin, pat] = [
      await withRole(domain, "owner"),
      await withRole(domain, "admin"),
      await edge.person(domain),
    ];
    for (const role of ["owner", "admin"] as const) {
      expect(await grant(admin, pat, role)).toMatchObject({ status: 403, code: "role_reserved" });
      expect(await grant(admin, admin, role)).toMatchObject({ status: 403, code: "role_own" });
    }
    expect(await grant(admin, admin, "auditor")).toMatchObject({ status: 403, code: "role_own" });
    expect(await revoke(admin, owner, "owner")).toMatchObject({ status: 403, code: "role_reserved" });
    expect((await grant(admin, pat, "help_desk")).status).toBe(200);
    expect(await list(owner)).toMatchObject({ items: { length: 3 } });
    expect((await grant(owner, pat, "admin")).status).toBe(200);
    // An administrator may step down, and has nothing from then on.
    expect((await revoke(admin, admin, "admin")).status).toBe(204);
    expect((await call(admin, "GET", "/v1/roles")).status).toBe(403);
  });

  test("the last owner stays, also when two take each other's role at once", async () => {
    const { domain } = await edge.tenant();
    const [one, two] = [await withRole(domain, "owner"), await withRole(domain, "owner")];
    const both = await Promise.all([revoke(one, two, "owner"), revoke(two, one, "owner")]);
    const left = (await list(both[0].status === 204 ? one : two)).items.filter(
      (grant_) => grant_.role === "owner",
    );
    expect(left).toHaveLength(1);
    const last = left[0]?.address === one.address ? one : two;
    expect(await revoke(last, last, "owner")).toMatchObject({ status: 409, code: "owner_last" });
  });

  test("another agency sees and changes nothing", async () => {
    const { domain } = await edge.tenant();
    const owner = await withRole(domain, "owner");
    const pat = await withRole(domain, "auditor");
    const stranger = await withRole((await edge.tenant()).domain, "owner");
    expect(JSON.stringify(await list(stranger))).not.toContain(domain);
    expect(await grant(stranger, pat, "admin")).toMatchObject({ status: 404 });
    expect(await revoke(stranger, pat, "auditor")).toMatchObject({ status: 404 });
    expect(await grant(stranger, stranger, "domain_admin", [domain])).toMatchObject({ status: 404 });
    expect((await list(owner)).items).toHaveLength(2);
  });

  test.for(["domain_admin", "help_desk", "auditor"] as const)("%s changes no roles", async (role) => {
    const { domain } = await edge.tenant();
    const person = await withRole(domain, role, role === "domain_admin" ? [domain] : undefined);
    const pat = await edge.person(domain);
    expect((await grant(person, pat, "auditor")).status).toBe(403);
    expect((await revoke(person, person, role)).status).toBe(403);
    expect((await call(person, "GET", "/v1/roles")).status).toBe(role === "auditor" ? 200 : 403);
  });
});

/** What a browser of theirs learns of them. */
async function signIn(person: Person): Promise<Session> {
  const opened = await edge.fetch("/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ address: person.address, password: PASSWORD }),
  });
  const cookie = opened.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  return Session.parse(await (await edge.fetch("/session", { headers: { cookie } })).json());
}

describe("no role reads mail", () => {
  let pat: Person;
  let emailId: string;
  const people = new Map<Role, Person>();
  beforeAll(async () => {
    const { domain } = await edge.tenant();
    for (const role of Role.options)
      people.set(role, await withRole(domain, role, role === "domain_admin" ? [domain] : undefined));
    pat = await edge.person(domain);
    emailId = await pat.deliver("From: a@elsewhere.test\nSubject: the-secret-subject\n\nthe-secret-text\n");
  });
  const personWith = (role: Role): Person => {
    const person = people.get(role);
    if (person === undefined) throw new Error(role);
    return person;
  };

  test.for(Role.options)("%s has no account but their own in JMAP", async (role) => {
    const person = personWith(role);
    const accountId = printId("account", pat.principal.accountId);
    const since = { sinceState: "0" };
    const calls = [
      ["Mailbox/get", {}],
      ["Mailbox/changes", since],
      ["Mailbox/set", { create: { x: { name: "x" } } }],
      ["Email/query", {}],
      ["Email/get", { ids: [emailId] }],
      ["Email/changes", since],
      ["Email/set", { destroy: [emailId] }],
      ["Email/copy", { fromAccountId: accountId, create: {} }],
      ["Thread/get", { ids: [] }],
      ["Identity/get", {}],
      ["EmailSubmission/query", {}],
    ] as const;
    const answers: string[] = [];
    for (const [method, args] of calls)
      answers.push(`${method} ${await person.refused(method, { accountId, ...args })}`);
    expect(answers).toEqual(calls.map(([method]) => `${method} accountNotFound`));
    expect((await person.call("Email/get", { ids: [emailId] }))["notFound"]).toEqual([emailId]);
    const { list: found } = await pat.call("Email/get", { ids: [emailId], properties: ["blobId"] });
    const blobId = String(found[0]["blobId"]);
    for (const account of [accountId, person.accountId])
      expect((await person.fetch(`/jmap/download/${account}/${blobId}/x?type=text/plain`)).status).toBe(404);
  });

  test.for(Role.options)("no list of the administration has content of messages, for %s", async (role) => {
    const person = personWith(role);
    const document: unknown = await (await person.fetch("/v1/openapi.json")).json();
    const paths = Object.entries(
      typeof document === "object" && document !== null && "paths" in document ? Object(document.paths) : {},
    ).flatMap(([path, item]) => (Object.hasOwn(Object(item), "get") && !path.includes("{") ? [path] : []));
    expect(paths.length).toBeGreaterThan(5);
    const telling: string[] = [];
    for (const path of paths)
      if ((await (await person.fetch(`/v1${path}`)).text()).includes("the-secret")) telling.push(path);
    expect(telling).toEqual([]);
  });
});
