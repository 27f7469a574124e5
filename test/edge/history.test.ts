import { afterAll, beforeAll, expect, test } from "vitest";
import { Trace, TracePage } from "../../src/contract/history.ts";
import { Overview } from "../../src/contract/overview.ts";
import { insertEvents, TraceId } from "../../src/history/index.ts";
import { changeRole } from "../../src/tenants/index.ts";
import { newUuid } from "../../src/kernel/uuid.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let boss: Person;
let clerk: Person;
let stranger: Person;
let traceId: TraceId;
beforeAll(async () => {
  edge = await startEdge();
  const [ours, theirs] = [await edge.tenant(), await edge.tenant()];
  boss = await admin(ours.domain);
  clerk = await edge.person(ours.domain);
  stranger = await admin(theirs.domain);
  traceId = await trace("Writer@far.test", "<id-1@far.test>");
});
afterAll(() => edge[Symbol.asyncDispose]());

async function admin(domain: string): Promise<Person> {
  const person = await edge.person(domain);
  await changeRole(edge.runtime.tenancy, person.address, "owner", "grant");
  return person;
}

async function trace(sender: string, messageId: string): Promise<TraceId> {
  const { store } = edge.runtime;
  const id = TraceId.parse(newUuid(store.clock, store.random));
  const opening = { direction: "in", sender, messageId, size: 2_000, clientIp: "192.0.2.1" } as const;
  const event = { traceId: id, at: store.clock(), recipient: clerk.address };
  await store.db.tenant(boss.principal.tenantId, (tx) =>
    insertEvents(tx, [
      { ...event, kind: "quarantined", opening, detail: { reasons: [{ code: "spam", detail: "13.2" }] } },
      { ...event, kind: "released", detail: { by: boss.address } },
    ]),
  );
  return id;
}

const look = async (who: Person, query: Record<string, string>): Promise<TracePage> => {
  const res = await who.fetch(`/v1/history?${new URLSearchParams(query).toString()}`);
  expect(res.status).toBe(200);
  return TracePage.parse(await res.json());
};

test("a message is found by each of its marks, and its story told", async () => {
  const since = new Date(Date.now() - 60_000).toISOString();
  for (const query of [
    { sender: "writer@far.test" },
    { recipient: clerk.address },
    { messageId: "id-1@far.test" },
    { sender: "@far.test", since },
  ]) {
    const { lines, next } = await look(boss, query);
    expect(next).toBeNull();
    expect(lines).toMatchObject([{ traceId, state: "released", detail: { by: boss.address } }]);
  }
  expect((await look(boss, { sender: "nobody@far.test" })).lines).toEqual([]);
  const story = Trace.parse(await (await boss.fetch(`/v1/history/${traceId}`)).json());
  expect(story).toMatchObject({
    sender: "writer@far.test",
    clientIp: "192.0.2.1",
    messageId: "id-1@far.test",
  });
  expect(story.events.map((one) => one.kind)).toEqual(["quarantined", "released"]);
});

test("pages follow each other", async () => {
  for (let i = 0; i < 3; i++) await trace("many@far.test", `<m${i}@far.test>`);
  const first = await look(boss, { sender: "many@far.test", limit: "2" });
  const second = await look(boss, { sender: "many@far.test", limit: "2", cursor: first.next ?? "" });
  expect([...first.lines, ...second.lines].map((one) => one.messageId)).toEqual([
    "m2@far.test",
    "m1@far.test",
    "m0@far.test",
  ]);
  expect(second.next).toBeNull();
});

test("the overview counts the agency's own day", async () => {
  const overview = Overview.parse(await (await boss.fetch("/v1/overview")).json());
  expect(overview.domains).toEqual([{ name: boss.address.split("@")[1], proven: true }]);
  expect(overview.day).toContainEqual({ kind: "quarantined", direction: "in", count: 4 });
  const other = Overview.parse(await (await stranger.fetch("/v1/overview")).json());
  expect({ queue: other.queue, day: other.day }).toEqual({ queue: {}, day: [] });
  expect((await clerk.fetch("/v1/overview")).status).toBe(403);
});

test("bad input is refused", async () => {
  for (const query of ["since=yesterday", "limit=x", "cursor=abc", "direction=up", "more=1"])
    expect([query, (await boss.fetch(`/v1/history?${query}`)).status]).toEqual([query, 400]);
  expect((await boss.fetch("/v1/history/nonsense")).status).toBe(404);
});

test("whoever is no administrator, and whoever is one of another agency, finds nothing", async () => {
  expect((await edge.fetch("/v1/history")).status).toBe(401);
  expect((await clerk.fetch("/v1/history")).status).toBe(403);
  expect((await clerk.fetch(`/v1/history/${traceId}`)).status).toBe(403);
  expect((await look(stranger, { sender: "writer@far.test" })).lines).toEqual([]);
  expect((await stranger.fetch(`/v1/history/${traceId}`)).status).toBe(404);
});

test("the session tells the roles of whoever signed in", async () => {
  const rolesOf = async (person: Person): Promise<unknown> => {
    const signedIn = await edge.fetch("/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ address: person.address, password: "correct horse battery" }),
    });
    const cookie = (signedIn.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
    const { roles } = await (
      await edge.fetch("/session", { headers: { cookie } })
    ).json<{ roles: unknown }>();
    return roles;
  };
  expect(await rolesOf(boss)).toEqual(["owner"]);
  expect(await rolesOf(clerk)).toEqual([]);
  await changeRole(edge.runtime.tenancy, boss.address, "owner", "revoke");
  expect((await boss.fetch("/v1/history")).status).toBe(403);
  await changeRole(edge.runtime.tenancy, boss.address, "owner", "grant");
});
