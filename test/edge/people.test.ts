import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PeoplePage, PersonDetail } from "../../src/contract/people.ts";
import { addDomain, addGroup, findRecipients } from "../../src/tenants/index.ts";
import { ask, audited, withRole } from "./support/administration.ts";
import { byPassword, PASSWORD, type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let domain: string;
let second: string;
let owner: Person;
let boss: Person;
let helper: Person;
let auditor: Person;
let ofSecond: Person;
let stranger: Person;
beforeAll(async () => {
  edge = await startEdge();
  const tenant = await edge.tenant();
  ({ domain } = tenant);
  second = `second.${domain}`;
  await addDomain(edge.runtime.tenancy, tenant.slug, second, true);
  [owner, boss, helper, auditor, ofSecond] = await Promise.all([
    withRole(edge, domain, "owner"),
    withRole(edge, domain, "admin"),
    withRole(edge, domain, "help_desk"),
    withRole(edge, domain, "auditor"),
    withRole(edge, domain, "domain_admin", [second]),
  ]);
  // What is done to them in these tests ends their sessions.
  owner = byPassword(owner);
  const other = await edge.tenant();
  stranger = await withRole(edge, other.domain, "owner");
}, 120_000);
afterAll(() => edge[Symbol.asyncDispose]());

const newPerson = (local: string, more: object = {}) => ({
  address: `${local}@${domain}`,
  name: "Μαρία Παπαδοπούλου",
  access: { by: "generate" },
  ...more,
});

async function added(address: string, more: object = {}): Promise<{ id: string; password: string }> {
  const { status, body } = await ask(boss, "POST", "/v1/people", { ...newPerson("x"), address, ...more });
  expect([status, body]).toMatchObject([201, { address }]);
  return body;
}

const signIn = async (address: string, password: string): Promise<number> =>
  (
    await edge.fetch("/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ address, password }),
    })
  ).status;

const routeOf = async (address: string) =>
  (await findRecipients(edge.runtime.tenancy, [address])).get(address);
const tokenOf = (body: { link: string }): string =>
  /\/invitation\/([a-z2-7]{66})$/.exec(body.link)?.[1] ?? "";
const idOf = (person: Person): string => person.principal.accountId;
const pathOf = (id: string, more = ""): string => `/v1/people/${id}${more}`;

describe("people", () => {
  test("are made with all that is said about them, shown and found", async () => {
    const by = { tenantId: boss.principal.tenantId, actor: "operator" };
    const group = `staff@${domain}`;
    await addGroup(edge.runtime.tenancy, by, {
      address: group,
      name: "Staff",
      senders: "anyone",
      sendAs: false,
    });
    const wanted = newPerson("Maria", {
      locale: "el",
      quotaBytes: 5_000_000,
      aliases: [`m.papadopoulou@${domain}`],
      groups: [group],
      role: "help_desk",
      jobTitle: "Clerk",
      unit: "Registry",
    });
    // An administrator makes no administrators, and nobody by the way of a new person either.
    const raised = await ask(boss, "POST", "/v1/people", { ...wanted, role: "admin" });
    expect(raised.status).toBe(403);
    const { status, body } = await ask(boss, "POST", "/v1/people", wanted);
    expect([status, body]).toMatchObject([
      201,
      { address: `maria@${domain}`, password: expect.stringMatching(/^[a-z2-8-]{19}$/), invitation: null },
    ]);
    expect(await signIn(`maria@${domain}`, body.password)).toBe(200);
    const shown = await ask(helper, "GET", pathOf(body.id));
    expect(PersonDetail.parse(shown.body)).toMatchObject({
      address: `maria@${domain}`,
      aliases: [`m.papadopoulou@${domain}`],
      locale: "el",
      quotaBytes: 5_000_000,
      usedBytes: 0,
      state: "active",
      roles: ["help_desk"],
      jobTitle: "Clerk",
      unit: "Registry",
      phone: "",
      isUnlisted: false,
      groups: [group],
      invitation: null,
      appPasswords: 0,
      sessions: 1,
    });
    for (const q of ["mar", "ΠΑΠΑΔΟΠΟΎΛΟΥ", "παπαδ μαρ", "m.papa", "papado", `maria@${domain}`]) {
      const found = await ask(auditor, "GET", `/v1/people?q=${encodeURIComponent(q)}`);
      expect([q, PeoplePage.parse(found.body).items.map((one) => one.id)]).toEqual([q, [body.id]]);
    }
    for (const q of ["αδοπ", "μαρ nobody", "%"])
      expect((await ask(auditor, "GET", `/v1/people?q=${encodeURIComponent(q)}`)).body.items).toEqual([]);
    expect(await audited(edge, boss, "person.add")).toBeGreaterThan(0);
  });

  test("are listed in pages, narrowed by domain, state and role", async () => {
    for (const n of [1, 2, 3, 4, 5]) await added(`p${n}@${second}`, { name: `Pat ${n}` });
    const read = async (query: string): Promise<string[]> => {
      const seen: string[] = [];
      for (let cursor = ""; ;) {
        const { body } = await ask(auditor, "GET", `/v1/people?limit=2&${query}${cursor}`);
        seen.push(...PeoplePage.parse(body).items.map((one) => one.address));
        if (body.nextCursor === null) return seen;
        cursor = `&cursor=${body.nextCursor}`;
      }
    };
    const five = [1, 2, 3, 4, 5].map((n) => `p${n}@${second}`);
    expect(await read(`domain=${second}`)).toEqual(five);
    expect((await read("q=pat")).toSorted()).toEqual(five);
    const all = await read("");
    expect(all).toEqual(all.toSorted());
    expect(new Set(all).size).toBe(all.length);
    expect(all).toEqual(expect.arrayContaining([...five, owner.address]));
    expect(await read("role=owner")).toEqual([owner.address]);
    expect(await read(`role=auditor&domain=${second}`)).toEqual([]);
    const [{ id }] = (await ask(auditor, "GET", `/v1/people?q=p1@${second}`)).body.items;
    await ask(boss, "PATCH", pathOf(id), { disabled: true });
    expect(await read(`state=disabled&domain=${second}`)).toEqual([five[0]]);
    expect(await read(`state=active&domain=${second}`)).toEqual(five.slice(1));
    for (const bad of ["limit=0", "state=asleep", "cursor=nonsense", "role=king"])
      expect((await ask(auditor, "GET", `/v1/people?${bad}`)).status).toBe(400);
  });

  test("what is wrong is refused with its field", async () => {
    const post = async (value: unknown): Promise<[number, unknown]> => {
      const { status, body } = await ask(boss, "POST", "/v1/people", value);
      return [status, body.errors?.[0]?.field ?? body.code];
    };
    expect(await post({ ...newPerson("x"), address: "no address" })).toEqual([400, "address"]);
    expect(await post({ ...newPerson("x"), name: "" })).toEqual([400, "name"]);
    expect(await post({ ...newPerson("x"), access: { by: "password", password: "short" } })).toEqual([
      400,
      "access.password",
    ]);
    expect(await post({ ...newPerson("x"), access: { by: "invite", to: "nowhere" } })).toEqual([
      400,
      "access.to",
    ]);
    expect(await post({ ...newPerson("x"), colour: "red" })).toMatchObject([400, ""]);
    expect(await post({ ...newPerson("x"), address: boss.address })).toEqual([409, "address_exists"]);
    expect(await post(newPerson("x", { aliases: [boss.address] }))).toEqual([409, "address_exists"]);
    expect(await post(newPerson("x", { groups: [`none@${domain}`] }))).toEqual([404, "address_unknown"]);
    expect(await post({ ...newPerson("x"), address: "x@elsewhere.test" })).toEqual([404, "domain_unknown"]);
    // Nothing of those that were refused half way is there.
    expect((await ask(auditor, "GET", `/v1/people?q=x@${domain}`)).body.items).toEqual([]);
    const { id } = await added(`y@${domain}`);
    expect((await ask(boss, "PATCH", pathOf(id), { quotaBytes: -1 })).body.errors[0].field).toBe(
      "quotaBytes",
    );
    expect((await ask(boss, "PATCH", pathOf(id), { address: boss.address })).status).toBe(409);
    expect((await ask(boss, "DELETE", pathOf(id, "?releaseAddresses=perhaps"))).status).toBe(400);
  });

  test("a new own address keeps the one before", async () => {
    const { id, password } = await added(`old@${domain}`);
    const { status, body } = await ask(boss, "PATCH", pathOf(id), {
      address: `new@${domain}`,
      name: "Νέο Όνομα",
    });
    expect([status, body]).toMatchObject([200, { address: `new@${domain}`, aliases: [`old@${domain}`] }]);
    expect(await routeOf(`old@${domain}`)).toMatchObject({ kind: "local", accountId: id });
    for (const address of ["old", "new"]) expect(await signIn(`${address}@${domain}`, password)).toBe(200);
    const found = await ask(boss, "GET", `/v1/people?q=${encodeURIComponent("νεο")}`);
    expect(found.body.items[0]).toMatchObject({ id });
    expect(
      (await ask(boss, "GET", `/v1/people?q=${encodeURIComponent("παπαδοπουλου old@")}`)).body.items,
    ).toEqual([]);
  });

  test("whoever is switched off is out at once, and comes back with the same password", async () => {
    const { id, password } = await added(`off@${domain}`);
    const session = await edge.fetch("/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ address: `off@${domain}`, password }),
    });
    const cookie = session.headers.get("set-cookie")?.split(";")[0] ?? "";
    const open = async (): Promise<number> => (await edge.fetch("/session", { headers: { cookie } })).status;
    expect(await open()).toBe(200);
    expect((await ask(boss, "PATCH", pathOf(id), { disabled: true })).body.state).toBe("disabled");
    expect(await open()).toBe(401);
    expect(await signIn(`off@${domain}`, password)).toBe(403);
    expect(await routeOf(`off@${domain}`)).toMatchObject({ kind: "disabled" });
    expect((await ask(helper, "POST", pathOf(id, "/password"))).status).toBe(403);
    expect((await ask(boss, "PATCH", pathOf(id), { disabled: false })).body.state).toBe("active");
    expect(await open()).toBe(401);
    expect(await signIn(`off@${domain}`, password)).toBe(200);
  });

  test("a removed person is hidden, their address stays taken unless it is released, and they can come back", async () => {
    const { id, password } = await added(`gone@${domain}`);
    expect((await ask(boss, "DELETE", pathOf(id))).status).toBe(204);
    expect((await ask(boss, "DELETE", pathOf(id))).status).toBe(204);
    expect((await ask(boss, "GET", `/v1/people?q=gone@${domain}`)).body.items).toEqual([]);
    expect((await ask(boss, "GET", `/v1/people?state=removed&q=gone@${domain}`)).body.items).toMatchObject([
      { id },
    ]);
    expect((await ask(boss, "PATCH", pathOf(id), { name: "x" })).status).toBe(404);
    expect((await ask(boss, "POST", "/v1/people", newPerson("gone"))).status).toBe(409);
    expect((await ask(boss, "POST", pathOf(id, "/restore"))).body).toMatchObject({ state: "active" });
    expect((await ask(boss, "POST", pathOf(id, "/restore"))).status).toBe(404);
    expect(await signIn(`gone@${domain}`, password)).toBe(200);
    expect((await ask(boss, "DELETE", pathOf(id, "?releaseAddresses=true"))).status).toBe(204);
    await added(`gone@${domain}`, { name: "The next one" });
    expect((await ask(boss, "POST", pathOf(id, "/restore"))).body.code).toBe("address_exists");
    expect(await audited(edge, boss, "person.remove")).toBe(2);
  });

  test("nobody switches off themselves or the last owner, and nobody takes the place of who may do more", async () => {
    expect((await ask(owner, "DELETE", pathOf(idOf(owner)))).body.code).toBe("own_account");
    expect((await ask(boss, "PATCH", pathOf(idOf(boss)), { disabled: true })).body.code).toBe("own_account");
    for (const [method, path, value] of [
      ["DELETE", "", undefined],
      ["PATCH", "", { disabled: true }],
      ["POST", "/password", undefined],
      ["POST", "/invitation", {}],
      ["POST", "/sign-out", {}],
    ] as const) {
      expect((await ask(boss, method, pathOf(idOf(owner), path), value)).status).toBe(403);
      // Of an administrator neither, and changing people is not for a help desk anyway.
      expect((await ask(helper, method, pathOf(idOf(boss), path), value)).status).toBe(403);
    }
    const another = byPassword(await withRole(edge, domain, "owner"));
    expect((await ask(owner, "DELETE", pathOf(idOf(another)))).status).toBe(204);
    expect((await ask(owner, "POST", pathOf(idOf(another), "/restore"))).status).toBe(200);
    await ask(another, "DELETE", pathOf(idOf(owner)));
    expect((await ask(another, "GET", pathOf(idOf(owner)))).body.state).toBe("removed");
    expect((await ask(another, "POST", pathOf(idOf(owner), "/restore"))).status).toBe(200);
    await ask(owner, "DELETE", pathOf(idOf(another)));
  });

  test("a help desk makes a new password and signs people out, and nothing else", async () => {
    const { id, password } = await added(`help@${domain}`);
    expect(await signIn(`help@${domain}`, password)).toBe(200);
    const out = await ask(helper, "POST", pathOf(id, "/sign-out"), { appPasswords: true });
    expect(out).toEqual({ status: 200, body: { sessions: 1, tokens: 0, appPasswords: 0 } });
    expect((await ask(helper, "POST", pathOf(id, "/sign-out"))).body.sessions).toBe(0);
    expect((await ask(helper, "POST", pathOf(id, "/sign-out"), { everything: 1 })).status).toBe(400);
    const renewed = await ask(helper, "POST", pathOf(id, "/password"));
    expect(await signIn(`help@${domain}`, password)).toBe(401);
    expect(await signIn(`help@${domain}`, renewed.body.password)).toBe(200);
    expect((await ask(helper, "POST", "/v1/people", newPerson("z"))).status).toBe(403);
    expect((await ask(helper, "PATCH", pathOf(id), { name: "x" })).status).toBe(403);
    expect((await ask(helper, "DELETE", pathOf(id))).status).toBe(403);
    expect((await ask(auditor, "POST", pathOf(id, "/password"))).status).toBe(403);
  });

  test("a domain admin sees and touches the people of their domains alone", async () => {
    const { id } = await added(`mine@${second}`);
    const listed = await ask(ofSecond, "GET", "/v1/people?limit=200");
    const domains = listed.body.items.map((one: { address: string }) => one.address.split("@")[1]);
    expect(new Set(domains)).toEqual(new Set([second]));
    expect((await ask(ofSecond, "GET", `/v1/people?q=${owner.address}`)).body.items).toEqual([]);
    expect((await ask(ofSecond, "PATCH", pathOf(id), { unit: "Here" })).body.unit).toBe("Here");
    for (const [method, path, value] of [
      ["GET", "", undefined],
      ["PATCH", "", { name: "x" }],
      ["DELETE", "", undefined],
      ["POST", "/password", undefined],
      ["POST", "/restore", undefined],
      ["POST", "/sign-out", {}],
    ] as const)
      expect((await ask(ofSecond, method, pathOf(auditor.principal.accountId, path), value)).status).toBe(
        404,
      );
    expect((await ask(ofSecond, "PATCH", pathOf(id), { address: `mine@${domain}` })).body.code).toBe(
      "domain_unknown",
    );
    expect((await ask(ofSecond, "POST", "/v1/people", newPerson("q"))).body.code).toBe("domain_unknown");
    const theirs = { ...newPerson("q"), address: `q@${second}` };
    const into = { ...theirs, groups: [`staff@${domain}`] };
    expect((await ask(ofSecond, "POST", "/v1/people", into)).body.code).toBe("domain_unknown");
    // Nor do they get the password of somebody of theirs who looks after other domains too.
    const wider = await withRole(edge, second, "domain_admin", [second, domain]);
    expect((await ask(ofSecond, "GET", pathOf(idOf(wider)))).status).toBe(200);
    expect((await ask(ofSecond, "POST", pathOf(idOf(wider), "/password"))).status).toBe(403);
    expect((await ask(wider, "POST", pathOf(idOf(ofSecond), "/sign-out"), {})).status).toBe(200);
    const again = byPassword(ofSecond);
    expect((await ask(again, "POST", "/v1/people", { ...theirs, role: "auditor" })).status).toBe(403);
    expect((await ask(again, "POST", "/v1/people", theirs)).status).toBe(201);
  });

  test("another agency sees and changes nothing", async () => {
    const { id } = await added(`apart@${domain}`);
    expect((await ask(stranger, "GET", `/v1/people?q=apart`)).body.items).toEqual([]);
    expect((await ask(stranger, "GET", "/v1/people")).body.items).toHaveLength(1);
    for (const [method, path, value] of [
      ["GET", "", undefined],
      ["PATCH", "", { name: "x" }],
      ["DELETE", "", undefined],
      ["POST", "/restore", undefined],
      ["POST", "/password", undefined],
      ["POST", "/invitation", {}],
      ["DELETE", "/invitation", undefined],
      ["POST", "/sign-out", {}],
    ] as const) {
      expect((await ask(stranger, method, pathOf(id, path), value)).status).toBe(404);
      expect((await ask(boss, method, pathOf("nonsense", path), value)).status).toBe(404);
    }
    expect((await ask(boss, "GET", pathOf(id))).body.name).toBe("Μαρία Παπαδοπούλου");
  });
});

const accept = (token: string, value: unknown): Promise<Response> =>
  edge.fetch(`/invitations/${token}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(value),
  });

describe("invitations", () => {
  test("a link sets a password once and signs in", async () => {
    const { body } = await ask(boss, "POST", "/v1/people", {
      ...newPerson("invited"),
      access: { by: "invite" },
    });
    expect(body).toMatchObject({ password: null, invitation: { sentTo: null } });
    expect((await ask(boss, "GET", `/v1/people?state=invited&q=invited@${domain}`)).body.items).toMatchObject(
      [{ id: body.id, state: "invited" }],
    );
    const token = tokenOf(body.invitation);
    const read = await edge.fetch(`/invitations/${token}`);
    expect([read.status, await read.json()]).toMatchObject([
      200,
      { address: `invited@${domain}`, name: "Μαρία Παπαδοπούλου", agency: domain.split(".")[0] },
    ]);
    expect((await accept(token, { password: "short" })).status).toBe(400);
    const done = await accept(token, { password: PASSWORD, locale: "el" });
    expect([done.status, await done.json()]).toMatchObject([200, { address: `invited@${domain}` }]);
    const cookie = done.headers.get("set-cookie")?.split(";")[0] ?? "";
    const session = await edge.fetch("/session", { headers: { cookie } });
    expect(await session.json()).toMatchObject({ address: `invited@${domain}`, locale: "el" });
    expect(await signIn(`invited@${domain}`, PASSWORD)).toBe(200);
    expect((await ask(boss, "GET", pathOf(body.id))).body).toMatchObject({
      state: "active",
      invitation: null,
    });
    for (const res of [
      await accept(token, { password: PASSWORD }),
      await edge.fetch(`/invitations/${token}`),
    ])
      expect([res.status, await res.json()]).toMatchObject([404, { code: "link_invalid" }]);
  });

  test("two who use one link at once: one of them does", async () => {
    const { body } = await ask(boss, "POST", "/v1/people", {
      ...newPerson("race"),
      access: { by: "invite" },
    });
    const token = tokenOf(body.invitation);
    const both = await Promise.all(
      ["first password", "second password"].map((password) => accept(token, { password })),
    );
    expect(both.map((res) => res.status === 200).toSorted((a, b) => Number(a) - Number(b))).toEqual([
      false,
      true,
    ]);
  });

  test("a link is dead when there is a newer one, when it is withdrawn, when the person is switched off, and after seven days", async () => {
    const { body } = await ask(boss, "POST", "/v1/people", {
      ...newPerson("dead"),
      access: { by: "invite" },
    });
    const status = async (token: string): Promise<number> =>
      (await edge.fetch(`/invitations/${token}`)).status;
    const first = tokenOf(body.invitation);
    const again = await ask(helper, "POST", pathOf(body.id, "/invitation"));
    expect(again.status).toBe(201);
    const next = tokenOf(again.body);
    expect([await status(first), await status(next)]).toEqual([404, 200]);
    await edge.runtime.store.db.tenant(
      boss.principal.tenantId,
      (tx) =>
        tx`update invitations set expires_at = now() - interval '1 second' where account_id = ${body.id}`,
    );
    expect([await status(next), (await accept(next, { password: PASSWORD })).status]).toEqual([410, 410]);
    const third = tokenOf((await ask(helper, "POST", pathOf(body.id, "/invitation"), {})).body);
    await ask(helper, "DELETE", pathOf(body.id, "/invitation"));
    expect(await status(third)).toBe(404);
    const fourth = tokenOf((await ask(helper, "POST", pathOf(body.id, "/invitation"), {})).body);
    await ask(boss, "PATCH", pathOf(body.id), { disabled: true });
    expect(await status(fourth)).toBe(404);
    expect((await ask(helper, "POST", pathOf(body.id, "/invitation"), {})).body.code).toBe(
      "account_disabled",
    );
    for (const nonsense of ["x", first.replace(/.$/, "1"), "a".repeat(66), first.slice(1)])
      expect(await status(nonsense)).toBe(404);
  });

  test("the letter goes out in the language of who is invited, as mail of who invites", async () => {
    const { status, body } = await ask(owner, "POST", "/v1/people", {
      ...newPerson("letter", { locale: "el" }),
      access: { by: "invite", to: "maria@outside.test" },
    });
    expect([status, body.invitation.sentTo]).toEqual([201, "maria@outside.test"]);
    const { tenantId } = owner.principal;
    const queued = await edge.runtime.store.db.tenant(
      tenantId,
      (tx) => tx`select s.mail_from as "from", r.address as "to" from submissions s
        join outbound_recipients r on r.tenant_id = s.tenant_id and r.submission_id = s.id where s.tenant_id = ${tenantId}`,
    );
    expect([...queued]).toEqual([{ from: owner.address, to: "maria@outside.test" }]);
    expect(
      (await ask(boss, "POST", pathOf(body.id, "/invitation"), { to: "no address" })).body.errors[0].field,
    ).toBe("to");
  });
});
