import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Alias, CatchAll, Forward, Group, GroupDetail } from "../../src/contract/addresses.ts";
import { changeRole, findRecipients } from "../../src/tenants/index.ts";
import { insertRole } from "../../src/tenants/account.store.ts";
import { ask as call } from "./support/administration.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

const Page = z.looseObject({ nextCursor: z.string().nullable() });

let edge: TestEdge;
let domain: string;
let boss: Person;
let alice: Person;
let bob: Person;
let stranger: Person;
let theirs: Person;
beforeAll(async () => {
  edge = await startEdge();
  ({ domain } = await edge.tenant());
  boss = await administrator(domain);
  [alice, bob] = await Promise.all([edge.person(domain), edge.person(domain)]);
  const other = await edge.tenant();
  stranger = await administrator(other.domain);
  theirs = await edge.person(other.domain);
});
afterAll(() => edge[Symbol.asyncDispose]());

async function administrator(of: string): Promise<Person> {
  const person = await edge.person(of);
  const { tenantId, accountId } = person.principal;
  await edge.runtime.store.db.tenant(tenantId, (tx) => insertRole(tx, accountId, "admin"));
  return person;
}

const status = async (...args: Parameters<typeof call>): Promise<number> => (await call(...args)).status;
/** Where mail to an address goes, as the relay sees it. */
const routeOf = async (address: string) =>
  (await findRecipients(edge.runtime.tenancy, [address])).get(address);
const audited = (person: Person, action: string): Promise<number> =>
  edge.runtime.store.db.tenant(person.principal.tenantId, async (tx) => {
    const rows =
      await tx`select 1 from audit_log where tenant_id = ${tx.tenantId} and action = ${action} and actor = ${person.address}`;
    return rows.length;
  });

describe("aliases", () => {
  test("are made, listed, used and removed", async () => {
    const alias = `Desk@${domain}`;
    const made = await call(boss, "POST", "/v1/aliases", { alias, target: alice.address });
    expect(made).toEqual({ status: 201, body: { alias: alias.toLowerCase(), target: alice.address } });
    const { body } = await call(boss, "GET", "/v1/aliases");
    expect(body).toEqual({
      aliases: [Alias.parse({ alias: alias.toLowerCase(), target: alice.address })],
      nextCursor: null,
    });
    expect(await routeOf(alias)).toMatchObject({ kind: "local", accountId: alice.principal.accountId });
    expect(await audited(boss, "alias.add")).toBe(1);
    expect(await status(boss, "DELETE", `/v1/aliases/${encodeURIComponent(alias)}`)).toBe(204);
    edge.runtime.tenancy.recipients.clear();
    expect(await routeOf(alias)).toEqual({ kind: "unknown_user" });
    expect(await status(boss, "DELETE", `/v1/aliases/${encodeURIComponent(alias)}`)).toBe(404);
  });

  test("what is wrong is refused", async () => {
    const add = (alias: string, target: string): Promise<number> =>
      status(boss, "POST", "/v1/aliases", { alias, target });
    expect(await add("no address", alice.address)).toBe(400);
    expect(await add(bob.address, alice.address)).toBe(409);
    expect(await add("x@elsewhere.test", alice.address)).toBe(404);
    expect(await add(`x@${domain}`, `nobody@${domain}`)).toBe(404);
    expect(await status(boss, "POST", "/v1/aliases", { alias: `x@${domain}` })).toBe(400);
    expect(await status(boss, "DELETE", `/v1/aliases/${alice.address}`)).toBe(404);
  });
});

describe("groups", () => {
  test("are made, filled, changed and removed", async () => {
    const address = `team@${domain}`;
    const wanted = { address, name: "The team", senders: "members", sendAs: true };
    const made = await call(boss, "POST", "/v1/groups", wanted);
    expect(made).toEqual({ status: 201, body: { ...wanted, members: 0 } });
    const members = [alice.address, bob.address, "Pat@elsewhere.test"];
    expect(await call(boss, "POST", `/v1/groups/${address}/members`, { members })).toEqual({
      status: 201,
      body: { added: 3 },
    });
    expect(await call(boss, "POST", `/v1/groups/${address}/members`, { members })).toMatchObject({
      body: { added: 0 },
    });
    const { body } = await call(boss, "GET", `/v1/groups/${address}`);
    const kinds = GroupDetail.parse(body).members.map((one) => one.kind);
    expect(kinds.toSorted()).toEqual(["outside", "person", "person"]);
    const listed = await call(boss, "GET", "/v1/groups");
    expect(listed.body).toEqual({
      groups: [Group.parse({ ...wanted, members: 3 })],
      nextCursor: null,
    });
    // Whoever is in it may write as it, and has an identity for that.
    const identities = async (): Promise<unknown[]> =>
      (await alice.call("Identity/get"))["list"].map((one: { email: string }) => one.email);
    expect(await identities()).toContain(address);
    expect(await status(boss, "PATCH", `/v1/groups/${address}`, { senders: "anyone", sendAs: false })).toBe(
      204,
    );
    expect(await identities()).not.toContain(address);
    expect(await routeOf(address)).toMatchObject({
      kind: "routed",
      mailboxes: [{}, {}],
      onward: [{ targets: ["Pat@elsewhere.test"] }],
    });
    expect(await status(boss, "DELETE", `/v1/groups/${address}/members/pat@elsewhere.test`)).toBe(204);
    expect(await status(boss, "DELETE", `/v1/groups/${address}/members/pat@elsewhere.test`)).toBe(404);
    expect(await status(boss, "DELETE", `/v1/groups/${address}`)).toBe(204);
    expect(await status(boss, "GET", `/v1/groups/${address}`)).toBe(404);
    expect(await audited(boss, "group.member.add")).toBe(2);
  });

  test("what is wrong is refused", async () => {
    const group = `g2@${domain}`;
    expect(await status(boss, "POST", "/v1/groups", { address: group })).toBe(201);
    expect(await status(boss, "POST", "/v1/groups", { address: group })).toBe(409);
    expect(await status(boss, "POST", "/v1/groups", { address: alice.address })).toBe(409);
    expect(await status(boss, "POST", "/v1/groups", { address: `g3@${domain}`, senders: "nobody" })).toBe(
      400,
    );
    const add = (...members: string[]): Promise<number> =>
      status(boss, "POST", `/v1/groups/${group}/members`, { members });
    expect(await add(group)).toBe(400);
    expect(await add(`nobody@${domain}`)).toBe(404);
    expect(await add("nonsense")).toBe(400);
    expect(await add()).toBe(400);
  });
});

describe("forwards and catch-alls", () => {
  test("an administrator sets and clears anybody's forward", async () => {
    const path = `/v1/forwards/${alice.address}`;
    const wanted = { targets: ["Me@elsewhere.test", bob.address], keepCopy: false };
    expect(await status(boss, "PUT", path, wanted)).toBe(204);
    const { body } = await call(boss, "GET", path);
    const forward = Forward.parse(body);
    expect(forward).toMatchObject({ address: alice.address, keepCopy: false, setBy: boss.address });
    expect(forward.targets.map((one) => one.address).toSorted()).toEqual(
      ["Me@elsewhere.test", bob.address].toSorted(),
    );
    expect(await call(boss, "GET", "/v1/forwards")).toMatchObject({
      body: { forwards: [{ address: alice.address }] },
    });
    expect(await status(boss, "PUT", path, { targets: [alice.address] })).toBe(400);
    expect(await status(boss, "PUT", path, { targets: [] })).toBe(400);
    expect(await status(boss, "DELETE", path)).toBe(204);
    expect(await status(boss, "DELETE", path)).toBe(404);
    expect(await status(boss, "GET", path)).toBe(404);
  });

  test("people set their own, unless their agency keeps that to itself", async () => {
    expect(await call(bob, "GET", "/forward")).toEqual({
      status: 200,
      body: { forward: null, mayChange: true },
    });
    expect(await status(bob, "PUT", "/forward", { targets: ["bob@elsewhere.test"] })).toBe(204);
    expect(await call(bob, "GET", "/forward")).toMatchObject({
      body: {
        forward: {
          keepCopy: true,
          setBy: bob.address,
          targets: [{ address: "bob@elsewhere.test", failures: 0 }],
        },
      },
    });
    expect(await status(boss, "PUT", "/v1/mail-policy", { userForwards: false })).toBe(200);
    expect(await status(bob, "PUT", "/forward", { targets: ["bob2@elsewhere.test"] })).toBe(403);
    expect(await status(bob, "DELETE", "/forward")).toBe(403);
    expect(await call(bob, "GET", "/forward")).toMatchObject({ body: { mayChange: false } });
    expect(await status(boss, "PUT", "/v1/mail-policy", {})).toBe(200);
    expect(await status(bob, "DELETE", "/forward")).toBe(204);
    expect((await edge.fetch("/forward")).status).toBe(401);
  });

  test("a catch-all is set for a domain of one's own", async () => {
    expect(await status(boss, "PUT", `/v1/catch-all/${domain.toUpperCase()}`, { target: bob.address })).toBe(
      200,
    );
    const { body } = await call(boss, "GET", "/v1/catch-all");
    expect(body).toEqual({ catchAlls: [CatchAll.parse({ domain, target: bob.address })] });
    expect(await routeOf(`whoever@${domain}`)).toMatchObject({ accountId: bob.principal.accountId });
    expect(await status(boss, "PUT", "/v1/catch-all/elsewhere.test", { target: bob.address })).toBe(404);
    expect(await status(boss, "DELETE", `/v1/catch-all/${domain}`)).toBe(204);
    expect(await status(boss, "DELETE", `/v1/catch-all/${domain}`)).toBe(404);
  });
});

test("long lists come page by page, and a cursor of nobody's is refused", async () => {
  const { domain: own } = await edge.tenant();
  const [chief, pat, kim] = [await administrator(own), await edge.person(own), await edge.person(own)];
  for (const name of ["one", "two", "three"]) {
    expect(await status(chief, "POST", "/v1/groups", { address: `g-${name}@${own}` })).toBe(201);
    const alias = { alias: `a-${name}@${own}`, target: pat.address };
    expect(await status(chief, "POST", "/v1/aliases", alias)).toBe(201);
  }
  for (const person of [pat, kim, chief])
    expect(
      await status(chief, "PUT", `/v1/forwards/${person.address}`, { targets: ["x@elsewhere.test"] }),
    ).toBe(204);
  for (const name of ["groups", "aliases", "forwards"]) {
    const whole = await call(chief, "GET", `/v1/${name}`);
    const seen: unknown[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const { body } = await call(
        chief,
        "GET",
        `/v1/${name}?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`,
      );
      const { nextCursor, ...rest } = Page.parse(body);
      seen.push(...Object.values(rest).flat());
      cursor = nextCursor;
    }
    expect([name, seen.length]).toEqual([name, 3]);
    expect({ [name]: seen, nextCursor: null }).toEqual(whole.body);
    expect(await status(chief, "GET", `/v1/${name}?cursor=nonsense`)).toBe(400);
    expect(await status(chief, "GET", `/v1/${name}?limit=201`)).toBe(400);
  }
}, 120_000);

test("who looks after one domain sees and changes the addresses of no other", async () => {
  const second = `second.${domain}`;
  const { tenantId } = boss.principal;
  await edge.runtime.store.db.tenant(
    tenantId,
    (tx) => tx`insert into domains (tenant_id, name, proven_at) values (${tenantId}, ${second}, now())`,
  );
  const [keeper, inside] = [await edge.person(second), await edge.person(second)];
  await changeRole(edge.runtime.tenancy, keeper.address, "domain_admin", "grant", [second]);
  // Somebody of the other domain has one more address here: their mail is still none of the keeper's.
  const half = `half@${second}`;
  expect(await status(boss, "POST", "/v1/aliases", { alias: half, target: bob.address })).toBe(201);
  const [mine, closed] = [`mine@${second}`, `not-mine@${domain}`];
  expect(await status(boss, "POST", "/v1/groups", { address: closed })).toBe(201);
  expect(await status(keeper, "POST", "/v1/groups", { address: mine })).toBe(201);
  const alias = `also@${second}`;
  expect(await status(keeper, "POST", "/v1/aliases", { alias, target: inside.address })).toBe(201);
  const away = { targets: ["x@elsewhere.test"] };
  expect(await status(keeper, "PUT", `/v1/forwards/${inside.address}`, away)).toBe(204);
  expect(await status(keeper, "PUT", `/v1/catch-all/${second}`, { target: inside.address })).toBe(200);
  expect(await status(boss, "PUT", `/v1/forwards/${alice.address}`, away)).toBe(204);
  for (const [method, path, value] of [
    ["POST", "/v1/groups", { address: `y@${domain}` }],
    ["GET", `/v1/groups/${closed}`, undefined],
    ["PATCH", `/v1/groups/${closed}`, { name: "x" }],
    ["POST", `/v1/groups/${closed}/members`, { members: [inside.address] }],
    ["DELETE", `/v1/groups/${closed}`, undefined],
    ["POST", "/v1/aliases", { alias: `y@${domain}`, target: inside.address }],
    ["POST", "/v1/aliases", { alias: `y@${second}`, target: alice.address }],
    ["GET", `/v1/forwards/${alice.address}`, undefined],
    ["PUT", `/v1/forwards/${half}`, away],
    ["DELETE", `/v1/forwards/${alice.address}`, undefined],
    ["PUT", `/v1/catch-all/${domain}`, { target: inside.address }],
    ["GET", `/v1/domains/${domain}/dkim`, undefined],
  ] as const)
    expect([method, path, await status(keeper, method, path, value)]).toEqual([method, path, 404]);
  for (const name of ["aliases", "groups", "forwards", "catch-all"]) {
    const { body } = await call(keeper, "GET", `/v1/${name}?limit=200`);
    const found = JSON.stringify(body).match(/[a-z0-9-]+@[a-z0-9.-]+|"domain":"[^"]+"/g) ?? [];
    expect([name, found.filter((one) => !one.includes(second) && one !== bob.address)]).toEqual([
      name,
      name === "forwards" ? ["x@elsewhere.test"] : [],
    ]);
  }
  expect(await status(boss, "DELETE", `/v1/forwards/${alice.address}`)).toBe(204);
}, 120_000);

test("another agency sees and changes nothing, and one's own people only what is theirs", async () => {
  const group = `closed@${domain}`;
  expect(await status(boss, "POST", "/v1/groups", { address: group })).toBe(201);
  expect(await status(boss, "POST", "/v1/aliases", { alias: `mine@${domain}`, target: alice.address })).toBe(
    201,
  );
  expect(await status(boss, "PUT", `/v1/forwards/${alice.address}`, { targets: ["me@elsewhere.test"] })).toBe(
    204,
  );
  for (const [method, path, value] of [
    ["POST", "/v1/aliases", { alias: `stolen@${domain}`, target: theirs.address }],
    ["POST", "/v1/aliases", { alias: `x@${theirs.address.split("@")[1]}`, target: alice.address }],
    ["DELETE", `/v1/aliases/mine@${domain}`, undefined],
    ["POST", "/v1/groups", { address: `stolen@${domain}` }],
    ["GET", `/v1/groups/${group}`, undefined],
    ["PATCH", `/v1/groups/${group}`, { senders: "tenant" }],
    ["POST", `/v1/groups/${group}/members`, { members: [theirs.address] }],
    ["DELETE", `/v1/groups/${group}`, undefined],
    ["GET", `/v1/forwards/${alice.address}`, undefined],
    ["PUT", `/v1/forwards/${alice.address}`, { targets: ["thief@elsewhere.test"] }],
    ["DELETE", `/v1/forwards/${alice.address}`, undefined],
    ["PUT", `/v1/catch-all/${domain}`, { target: theirs.address }],
  ] as const) {
    expect(await status(stranger, method, path, value), `${method} ${path}`).toBe(404);
    expect(await status(alice, method, path, value), `${method} ${path}`).toBe(403);
  }
  for (const name of ["aliases", "groups", "forwards", "catch-all"]) {
    const { body } = await call(stranger, "GET", `/v1/${name}`);
    expect(JSON.stringify(body)).not.toContain(domain);
  }
  // What names an address of another agency takes it for one outside.
  const own = `own@${stranger.address.split("@")[1]}`;
  expect(await status(stranger, "POST", "/v1/groups", { address: own })).toBe(201);
  expect(await status(stranger, "POST", `/v1/groups/${own}/members`, { members: [alice.address] })).toBe(201);
  expect(await call(stranger, "GET", `/v1/groups/${own}`)).toMatchObject({
    body: { members: [{ address: alice.address, kind: "outside" }] },
  });
});
