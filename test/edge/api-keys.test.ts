import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ApiKeyPage, CreatedApiKey } from "../../src/contract/api-keys.ts";
import { grantRole, revokeRole, type Role } from "../../src/tenants/role.store.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let domain: string;
let owner: Person;
let boss: Person;
let nobody: Person;
let stranger: Person;
beforeAll(async () => {
  edge = await startEdge();
  ({ domain } = await edge.tenant());
  [owner, boss] = [await withRole(domain, "owner"), await withRole(domain, "admin")];
  nobody = await edge.person(domain);
  stranger = await withRole((await edge.tenant()).domain, "admin");
});
afterAll(() => edge[Symbol.asyncDispose]());

async function withRole(of: string, role: Role): Promise<Person> {
  const person = await edge.person(of);
  const { tenantId, accountId } = person.principal;
  await edge.runtime.store.db.tenant(tenantId, (tx) => grantRole(tx, accountId, role, { by: "operator" }));
  return person;
}

const send = (
  person: Pick<Person, "fetch">,
  method: string,
  path: string,
  value?: unknown,
): Promise<Response> =>
  person.fetch(path, {
    method,
    ...(value === undefined
      ? {}
      : { body: JSON.stringify(value), headers: { "content-type": "application/json" } }),
  });

let count = 0;
const label = (): string => `key ${++count}`;

async function make(by: Person, permissions: readonly string[], more: object = {}): Promise<CreatedApiKey> {
  const res = await send(by, "POST", "/v1/api-keys", { label: label(), permissions, ...more });
  expect(res.status).toBe(201);
  return CreatedApiKey.parse(await res.json());
}

/** A program with a key. @param client where it runs */
const program = (key: string, client?: string): Pick<Person, "fetch"> => ({
  fetch: (path, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${key}`);
    return edge.runtime.fetch(path, { ...init, headers }, client);
  },
});

const audited = (action: string): Promise<{ actor: string; subject: string; detail: object }[]> =>
  edge.runtime.store.db.tenant(
    owner.principal.tenantId,
    (tx) => tx<{ actor: string; subject: string; detail: object }[]>`
      select actor, subject, detail from audit_log where tenant_id = ${tx.tenantId} and action = ${action} order by id`,
  );

describe("a key", () => {
  test("is shown once, does what it may, signs the audit log, and ends at once", async () => {
    const made = await make(boss, ["addresses:write", "addresses:read"]);
    expect(made.key).toMatch(/^angelia-key\.[a-z2-7]{26}\.[a-z2-7]{52}$/);
    const { key, ...rest } = made;
    expect(rest).toMatchObject({
      createdBy: boss.address,
      expiresAt: null,
      lastUsedAt: null,
      makerMay: true,
    });
    const bot = program(key);
    const address = `bot@${domain}`;
    expect((await send(bot, "POST", "/v1/groups", { address })).status).toBe(201);
    expect((await audited("group.add")).at(-1)).toMatchObject({
      actor: `api-key:${made.label}`,
      subject: address,
    });
    expect((await send(bot, "GET", "/v1/groups")).status).toBe(200);
    const { items } = ApiKeyPage.parse(await (await send(owner, "GET", "/v1/api-keys")).json());
    const listed = items.find((one) => one.id === made.id);
    expect(listed).toEqual({ ...rest, lastUsedAt: expect.any(String) });
    expect(JSON.stringify(items)).not.toContain(key.split(".")[2]);
    expect((await send(boss, "DELETE", `/v1/api-keys/${made.id}`)).status).toBe(204);
    expect((await send(bot, "GET", "/v1/groups")).status).toBe(401);
    expect((await send(boss, "DELETE", `/v1/api-keys/${made.id}`)).status).toBe(404);
    expect((await audited("api_key.remove")).at(-1)).toMatchObject({ subject: made.label });
  });

  test("does nothing else: no other permission, nothing of one's own, no keys, no mail", async () => {
    const bot = program((await make(owner, ["addresses:read", "integrations:write"])).key);
    expect((await send(bot, "GET", "/v1/aliases")).status).toBe(200);
    expect((await send(bot, "POST", "/v1/groups", { address: `x@${domain}` })).status).toBe(403);
    expect((await send(bot, "GET", "/v1/overview")).status).toBe(403);
    const more = { label: label(), permissions: ["addresses:read"] };
    expect((await send(bot, "POST", "/v1/api-keys", more)).status).toBe(403);
    expect((await send(bot, "POST", "/jmap/api", { using: [], methodCalls: [] })).status).toBe(401);
    expect((await send(bot, "GET", "/forward")).status).toBe(401);
  });

  test("sees its own agency alone", async () => {
    const theirs = program((await make(stranger, ["addresses:read", "addresses:write"])).key);
    const address = `closed@${domain}`;
    expect((await send(boss, "POST", "/v1/groups", { address })).status).toBe(201);
    expect((await send(theirs, "GET", `/v1/groups/${address}`)).status).toBe(404);
    expect((await send(theirs, "DELETE", `/v1/groups/${address}`)).status).toBe(404);
    expect(await (await send(theirs, "GET", "/v1/groups")).text()).not.toContain(domain);
  });

  test("ends by itself when it was made so", async () => {
    const made = await make(boss, ["overview:read"], {
      expiresAt: new Date(Date.now() + 2_000).toISOString(),
    });
    expect((await send(program(made.key), "GET", "/v1/overview")).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect((await send(program(made.key), "GET", "/v1/overview")).status).toBe(401);
  });

  test("goes on when who made it may less, which the log and the list tell", async () => {
    const clerk = await withRole(domain, "admin");
    const made = await make(clerk, ["overview:read"]);
    const bot = program(made.key);
    const { tenantId, accountId } = clerk.principal;
    await edge.runtime.store.db.tenant(tenantId, (tx) => revokeRole(tx, accountId, "admin"));
    expect((await send(bot, "GET", "/v1/overview")).status).toBe(200);
    expect((await send(bot, "GET", "/v1/overview")).status).toBe(200);
    const told = (await audited("api_key.outlived")).filter((one) => one.subject === made.label);
    expect(told).toMatchObject([{ actor: `api-key:${made.label}`, detail: { createdBy: clerk.address } }]);
    const { items } = ApiKeyPage.parse(await (await send(boss, "GET", "/v1/api-keys")).json());
    expect(items.find((one) => one.id === made.id)).toMatchObject({ makerMay: false });
  });
});

const give = (by: Person, ...permissions: string[]): Promise<Response> =>
  send(by, "POST", "/v1/api-keys", { label: label(), permissions });

describe("who makes keys", () => {
  test("gives nothing that they lack, and only an owner gives roles away", async () => {
    const refused = await give(boss, "roles:read", "roles:write");
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ code: "permission_not_yours" });
    expect((await give(owner, "roles:write")).status).toBe(201);
    expect((await give(owner, "self")).status).toBe(400);
    expect((await give(owner)).status).toBe(400);
    expect((await give(owner, "everything")).status).toBe(400);
  });

  test("nonsense is refused, with the field", async () => {
    const add = async (value: object): Promise<unknown> => {
      const res = await send(boss, "POST", "/v1/api-keys", value);
      return [res.status, await res.json()];
    };
    const permissions = ["overview:read"];
    expect(await add({ label: " ", permissions })).toMatchObject([400, { errors: [{ field: "label" }] }]);
    expect(await add({ label: "x".repeat(65), permissions })).toMatchObject([400, {}]);
    expect(await add({ label: label(), permissions, expiresAt: "2001-01-01T00:00:00Z" })).toMatchObject([
      400,
      { errors: [{ field: "expiresAt" }] },
    ]);
    const twice = label();
    expect(await add({ label: twice, permissions })).toMatchObject([201, {}]);
    expect(await add({ label: twice, permissions })).toMatchObject([409, { code: "api_key_exists" }]);
    expect((await send(boss, "DELETE", "/v1/api-keys/nonsense")).status).toBe(404);
    expect((await send(boss, "GET", "/v1/api-keys?cursor=%00")).status).toBe(400);
  });

  test("others make and see none, and end none of another agency", async () => {
    const made = await make(boss, ["overview:read"]);
    expect((await send(nobody, "GET", "/v1/api-keys")).status).toBe(403);
    const value = { label: label(), permissions: ["overview:read"] };
    expect((await send(nobody, "POST", "/v1/api-keys", value)).status).toBe(403);
    expect((await send(stranger, "DELETE", `/v1/api-keys/${made.id}`)).status).toBe(404);
    expect(await (await send(stranger, "GET", "/v1/api-keys")).text()).not.toContain(made.id);
    expect((await send(program(made.key), "GET", "/v1/overview")).status).toBe(200);
  });

  test("the list is paged, the newest first", async () => {
    const keys = [await make(boss, ["overview:read"]), await make(boss, ["overview:read"])];
    const first = ApiKeyPage.parse(await (await send(boss, "GET", "/v1/api-keys?limit=1")).json());
    const next = `/v1/api-keys?limit=1&cursor=${first.nextCursor}`;
    const second = ApiKeyPage.parse(await (await send(boss, "GET", next)).json());
    expect([first, second].map(({ items }) => items[0]?.id)).toEqual(keys.map((one) => one.id).toReversed());
  });
});

test("wrong keys are counted by where they come from, and who guesses on has to wait", async () => {
  const { key } = await make(boss, ["overview:read"]);
  const client = `203.0.113.${1 + Math.floor(Math.random() * 250)}`;
  const wrong = `${key.slice(0, -4)}aaaa`;
  const statuses: number[] = [];
  for (let i = 0; i < 60 && statuses.at(-1) !== 429; i++)
    statuses.push((await send(program(wrong, client), "GET", "/v1/overview")).status);
  expect(statuses[0]).toBe(401);
  expect(statuses.at(-1)).toBe(429);
  // A right one is nobody's guess.
  expect((await send(program(key, client), "GET", "/v1/overview")).status).toBe(200);
  for (const nonsense of ["angelia-key.", "angelia-key.x.y", `${key}.x`, key.toUpperCase()])
    expect((await send(program(nonsense), "GET", "/v1/overview")).status).toBe(401);
});

const left = (res: Response): number => Number(/r=(\d+)/.exec(res.headers.get("ratelimit") ?? "")?.[1]);

test("requests are counted by key and person, and each answer tells what is left", async () => {
  const { key } = await make(boss, ["overview:read"]);
  const client = `198.51.100.${1 + Math.floor(Math.random() * 250)}`;
  const first = await send(program(key, client), "GET", "/v1/overview");
  expect(first.headers.get("ratelimit-policy")).toMatch(/^"default";q=600;w=60$/);
  const second = await send(program(key, client), "GET", "/v1/queue");
  expect(second.status).toBe(403);
  // A minute may have ended in between.
  expect([left(first) - 1, 599]).toContain(left(second));
  expect((await send(program(key), "GET", "/v1/overview")).headers.get("ratelimit")).toBeNull();
});

test("who asks more than 600 times a minute has to come again later, and nobody else", async () => {
  const [greedy, other] = [await make(boss, ["overview:read"]), await make(boss, ["overview:read"])];
  const client = `198.51.100.${1 + Math.floor(Math.random() * 250)}`;
  // Refused at once, so that it is quick; that counts too. A minute may end in between.
  const ask = (): Promise<Response> => send(program(greedy.key, client), "GET", "/v1/queue");
  let refused: Response | undefined;
  for (let i = 0; i < 1_400 && refused === undefined; i += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    refused = answers.find((one) => one.status === 429);
  }
  expect(await refused?.json()).toMatchObject({ status: 429, code: "rate_limited" });
  expect(refused?.headers.get("ratelimit")).toMatch(/^"default";r=0;t=\d+$/);
  expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await send(program(other.key, client), "GET", "/v1/overview")).status).toBe(200);
}, 120_000);
