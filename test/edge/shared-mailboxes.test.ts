import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AddressBookPage } from "../../src/contract/address-book.ts";
import { Resource, SharedMailboxDetail, SharedMailboxesPage } from "../../src/contract/shared-mailboxes.ts";
import { addGroup, findRecipients } from "../../src/tenants/index.ts";
import { ask, audited, withRole } from "./support/administration.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let domain: string;
let boss: Person;
let helper: Person;
let alice: Person;
let bob: Person;
let elsewhere: Person;
let stranger: Person;
beforeAll(async () => {
  edge = await startEdge();
  ({ domain } = await edge.tenant());
  [boss, helper, elsewhere] = await Promise.all([
    withRole(edge, domain, "owner"),
    withRole(edge, domain, "help_desk"),
    withRole(edge, domain, "domain_admin", ["elsewhere.test"]),
  ]);
  [alice, bob] = await Promise.all([
    edge.person(domain, { name: "Αλίκη Παπά", local: "alice" }),
    edge.person(domain, { name: "Bob Smith", local: "bob" }),
  ]);
  const by = { tenantId: boss.principal.tenantId, actor: "operator" };
  await addGroup(edge.runtime.tenancy, by, {
    address: `all@${domain}`,
    name: "Everybody",
    senders: "anyone",
    sendAs: false,
  });
  stranger = await withRole(edge, (await edge.tenant()).domain, "owner");
}, 120_000);
afterAll(() => edge[Symbol.asyncDispose]());

const routeOf = async (address: string) =>
  (await findRecipients(edge.runtime.tenancy, [address])).get(address);

const pathOf = (id: string, more = ""): string => `/v1/shared-mailboxes/${id}${more}`;
const add = async (name: string): Promise<string> =>
  (await ask(boss, "POST", "/v1/shared-mailboxes", { address: `${name}@${domain}`, name })).body.id;
const resourceAt = (id: string): string => `/v1/resources/${id}`;
const find = async (person: Person, query: string): Promise<string[]> => {
  const { body } = await ask(person, "GET", `/v1/address-book?${query}`);
  return AddressBookPage.parse(body).items.map((one) => `${one.kind} ${one.address}`);
};

describe("shared mailboxes", () => {
  test("are made, shown, given to people and groups, changed and switched off", async () => {
    const wanted = { address: `Office@${domain}`, name: "Γραφείο", quotaBytes: 2_000_000 };
    const { status, body } = await ask(boss, "POST", "/v1/shared-mailboxes", wanted);
    expect([status, SharedMailboxDetail.parse(body)]).toMatchObject([
      201,
      { address: `office@${domain}`, name: "Γραφείο", quotaBytes: 2_000_000, disabled: false, members: [] },
    ]);
    for (const [identifier, role] of [
      [alice.address, "reader"],
      [alice.address, "sender"],
      [`all@${domain}`, "editor"],
      ["anyone", "reader"],
    ])
      expect((await ask(boss, "PUT", pathOf(body.id, `/members/${identifier}`), { role })).status).toBe(204);
    const shown = await ask(helper, "GET", pathOf(body.id));
    expect(shown.body.members).toMatchObject([
      { identifier: alice.address, name: "Αλίκη Παπά", kind: "person", role: "sender", validUntil: null },
      { identifier: `all@${domain}`, kind: "group", role: "editor" },
      { identifier: "anyone", kind: "anyone", role: "reader" },
    ]);
    const listed = await ask(helper, "GET", `/v1/shared-mailboxes?q=${encodeURIComponent("γραφ")}`);
    expect(SharedMailboxesPage.parse(listed.body).items).toMatchObject([{ id: body.id, members: 3 }]);
    const changed = await ask(boss, "PATCH", pathOf(body.id), { name: "The office", disabled: true });
    expect(changed.body).toMatchObject({ name: "The office", disabled: true, quotaBytes: 2_000_000 });
    expect(await routeOf(`office@${domain}`)).toMatchObject({ kind: "disabled" });
    await ask(boss, "PATCH", pathOf(body.id), { disabled: false });
    expect(await routeOf(`office@${domain}`)).toMatchObject({ kind: "local" });
    expect((await ask(boss, "DELETE", pathOf(body.id, "/members/anyone"))).status).toBe(204);
    expect((await ask(boss, "DELETE", pathOf(body.id, "/members/anyone"))).status).toBe(404);
    expect(await audited(edge, boss, "shared.grant")).toBe(4);
    expect(await audited(edge, boss, "shared.change")).toBe(2);
  });

  test("whoever may write as one has it as an identity, and their message names them as its sender", async () => {
    const id = await add("press");
    const identities = async (): Promise<string[]> =>
      (await bob.call("Identity/get"))["list"].map((one: { email: string }) => one.email);
    await ask(boss, "PUT", pathOf(id, `/members/${bob.address}`), { role: "editor" });
    expect(await identities()).not.toContain(`press@${domain}`);
    await ask(boss, "PUT", pathOf(id, `/members/${bob.address}`), { role: "sender" });
    expect(await identities()).toContain(`press@${domain}`);
    const { list } = await bob.call("Identity/get");
    const identity = list.find((one: { email: string }) => one.email === `press@${domain}`);
    const drafts = await bob.mailbox("drafts");
    const made = await bob.call("Email/set", {
      create: {
        m: {
          mailboxIds: { [drafts]: true },
          from: [{ email: `press@${domain}` }],
          to: [{ email: alice.address }],
          subject: "On behalf",
          bodyValues: { b: { value: "hello" } },
          textBody: [{ partId: "b", type: "text/plain" }],
        },
      },
    });
    const sent = await bob.call("EmailSubmission/set", {
      create: { s: { emailId: made["created"].m.id, identityId: identity.id } },
    });
    expect(sent["created"]?.s).toBeDefined();
    const { ids } = await alice.call("Email/query");
    const got = await alice.call("Email/get", { ids, properties: ["from", "sender", "subject"] });
    expect(got["list"]).toMatchObject([
      { subject: "On behalf", from: [{ email: `press@${domain}` }], sender: [{ email: bob.address }] },
    ]);
    // Switched off, nobody writes as it.
    await ask(boss, "PATCH", pathOf(id), { disabled: true });
    expect(await identities()).not.toContain(`press@${domain}`);
  });

  test("what is wrong is refused, and so is who may not, and another agency sees nothing", async () => {
    const post = async (value: object): Promise<unknown> => {
      const { status, body } = await ask(boss, "POST", "/v1/shared-mailboxes", value);
      return [status, body.errors?.[0]?.field ?? body.code];
    };
    expect(await post({ address: "x", name: "x" })).toEqual([400, "address"]);
    expect(await post({ address: `x@${domain}` })).toEqual([400, "name"]);
    expect(await post({ address: alice.address, name: "x" })).toEqual([409, "address_exists"]);
    expect(await post({ address: "x@elsewhere.test", name: "x" })).toEqual([404, "domain_unknown"]);
    const id = await add("guarded");
    expect((await ask(boss, "PUT", pathOf(id, `/members/${alice.address}`), { role: "king" })).status).toBe(
      400,
    );
    expect((await ask(boss, "PUT", pathOf(id, "/members/nobody"), { role: "reader" })).status).toBe(404);
    expect(
      (await ask(boss, "PUT", pathOf(id, `/members/${stranger.address}`), { role: "reader" })).status,
    ).toBe(404);
    expect((await ask(boss, "PATCH", pathOf(id), { quotaBytes: 1 })).body.errors[0].field).toBe("quotaBytes");
    expect((await ask(boss, "GET", "/v1/shared-mailboxes?cursor=x")).status).toBe(400);
    expect((await ask(helper, "POST", "/v1/shared-mailboxes", {})).status).toBe(403);
    expect((await ask(alice, "GET", "/v1/shared-mailboxes")).status).toBe(403);
    for (const person of [stranger, elsewhere]) {
      for (const [method, path, value] of [
        ["GET", "", undefined],
        ["PATCH", "", { name: "x" }],
        ["PUT", `/members/${stranger.address}`, { role: "manager" }],
        ["DELETE", `/members/${alice.address}`, undefined],
      ] as const)
        expect((await ask(person, method, pathOf(id, path), value)).status).toBe(404);
      expect((await ask(person, "GET", "/v1/shared-mailboxes")).body.items).toEqual([]);
    }
    // A person is no shared mailbox.
    expect((await ask(boss, "GET", pathOf(alice.principal.accountId))).status).toBe(404);
    expect((await ask(boss, "GET", pathOf("nonsense"))).status).toBe(404);
  });
});

describe("resources", () => {
  test("have managers who read their mail; they are made, changed and listed", async () => {
    const wanted = {
      address: `hall@${domain}`,
      name: "Αίθουσα",
      kind: "room",
      capacity: 40,
      managers: [alice.address],
    };
    const { status, body } = await ask(boss, "POST", "/v1/resources", wanted);
    expect([status, Resource.parse(body)]).toMatchObject([
      201,
      { ...wanted, description: "", disabled: false },
    ]);
    expect(await routeOf(`hall@${domain}`)).toMatchObject({ kind: "local", accountId: body.id });
    const changed = await ask(boss, "PATCH", resourceAt(body.id), {
      managers: [bob.address, `all@${domain}`],
      description: "First floor",
      capacity: null,
    });
    expect(changed.body).toMatchObject({
      managers: [`all@${domain}`, bob.address],
      description: "First floor",
      capacity: null,
      name: "Αίθουσα",
    });
    expect((await ask(helper, "GET", "/v1/resources")).body.items).toEqual([changed.body]);
    // It has its own page, and is no shared mailbox there.
    expect((await ask(boss, "GET", `/v1/shared-mailboxes/${body.id}`)).status).toBe(404);
    expect((await ask(boss, "GET", "/v1/shared-mailboxes?q=hall")).body.items).toEqual([]);
  });

  test("what is wrong is refused, and so is who may not, and another agency sees nothing", async () => {
    const room = { address: `car@${domain}`, name: "Car", kind: "equipment" };
    expect((await ask(boss, "POST", "/v1/resources", { ...room, kind: "planet" })).body.errors[0].field).toBe(
      "kind",
    );
    expect((await ask(boss, "POST", "/v1/resources", { ...room, capacity: 0 })).body.errors[0].field).toBe(
      "capacity",
    );
    expect((await ask(boss, "POST", "/v1/resources", { ...room, address: bob.address })).status).toBe(409);
    expect((await ask(boss, "POST", "/v1/resources", { ...room, managers: ["anyone"] })).status).toBe(404);
    expect((await ask(boss, "POST", "/v1/resources", { ...room, managers: [stranger.address] })).status).toBe(
      404,
    );
    const { body } = await ask(boss, "POST", "/v1/resources", room);
    expect((await ask(helper, "PATCH", resourceAt(body.id), { name: "x" })).status).toBe(403);
    expect((await ask(boss, "PATCH", resourceAt(body.id), { managers: ["x"] })).status).toBe(400);
    for (const person of [stranger, elsewhere]) {
      expect((await ask(person, "GET", resourceAt(body.id))).status).toBe(404);
      expect((await ask(person, "PATCH", resourceAt(body.id), { name: "x" })).status).toBe(404);
      expect((await ask(person, "GET", "/v1/resources")).body.items).toEqual([]);
    }
    expect((await ask(boss, "GET", resourceAt("nonsense"))).status).toBe(404);
  });
});

describe("the address book", () => {
  test("has people, groups, shared mailboxes and resources, found by beginnings of words", async () => {
    await ask(boss, "PATCH", `/v1/people/${alice.principal.accountId}`, {
      jobTitle: "Clerk",
      unit: "Registry",
      phone: "+30 210",
    });
    const { body } = await ask(alice, "GET", `/v1/address-book?q=${encodeURIComponent("ΑΛΊΚΗ")}`);
    expect(body.items).toEqual([
      {
        id: alice.principal.accountId,
        kind: "person",
        address: alice.address,
        name: "Αλίκη Παπά",
        jobTitle: "Clerk",
        unit: "Registry",
        phone: "+30 210",
      },
    ]);
    expect(await find(alice, "q=hall")).toEqual([`room hall@${domain}`]);
    expect(await find(alice, "q=car")).toEqual([`equipment car@${domain}`]);
    expect(await find(alice, "q=office")).toEqual([`shared office@${domain}`]);
    expect(await find(alice, "q=every")).toEqual([`group all@${domain}`]);
    expect(await find(alice, "q=smith+bob")).toEqual([`person ${bob.address}`]);
    expect(await find(stranger, "q=bob")).toEqual([]);
    expect((await ask(alice, "GET", "/v1/address-book?limit=x")).status).toBe(400);
    expect((await edge.fetch("/v1/address-book")).status).toBe(401);
  });

  test("goes on in pages, all of it and what is looked for, each entry once", async () => {
    for (const query of ["", "q=a"]) {
      const seen: string[] = [];
      for (let cursor = ""; ;) {
        const { body } = await ask(bob, "GET", `/v1/address-book?limit=2&${query}${cursor}`);
        seen.push(...AddressBookPage.parse(body).items.map((one) => one.address));
        if (body.nextCursor === null) break;
        cursor = `&cursor=${body.nextCursor}`;
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual(expect.arrayContaining([alice.address, `all@${domain}`]));
    }
  });

  test("leaves out who is unlisted or switched off", async () => {
    const path = `/v1/people/${bob.principal.accountId}`;
    await ask(boss, "PATCH", path, { isUnlisted: true });
    expect(await find(alice, "q=bob")).toEqual([]);
    expect(await find(alice, "limit=200")).not.toContain(`person ${bob.address}`);
    await ask(boss, "PATCH", path, { isUnlisted: false });
    expect(await find(alice, "q=bob")).toEqual([`person ${bob.address}`]);
    await ask(boss, "PATCH", path, { disabled: true });
    expect(await find(alice, "q=bob")).toEqual([]);
    await ask(boss, "PATCH", path, { disabled: false });
  });
});
