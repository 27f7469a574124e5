import { afterAll, beforeAll, expect, test } from "vitest";
import { QueuePage } from "../../src/contract/queue.ts";
import { changeRole } from "../../src/tenants/index.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let boss: Person;
let clerk: Person;
let stranger: Person;
beforeAll(async () => {
  edge = await startEdge();
  const [ours, theirs] = [await edge.tenant(), await edge.tenant()];
  boss = await admin(ours.domain);
  clerk = await edge.person(ours.domain);
  stranger = await admin(theirs.domain);
});
afterAll(() => edge[Symbol.asyncDispose]());

async function admin(domain: string): Promise<Person> {
  const person = await edge.person(domain);
  await changeRole(edge.runtime.tenancy, person.address, "admin", "grant");
  return person;
}

/** Hands mail over for a domain that nobody delivers to: no worker runs here. */
async function send(from: Person, to: string): Promise<void> {
  const emailId = await from.deliver(
    `From: ${from.address}\nTo: ${to}\nMessage-ID: <1@x.test>\nSubject: s\n\nx\n`,
    {
      role: "drafts",
    },
  );
  const { created } = await from.call("EmailSubmission/set", {
    create: {
      s: {
        identityId: (await from.call("Identity/get"))["list"][0]["id"],
        emailId,
        envelope: { mailFrom: { email: from.address }, rcptTo: [{ email: to }] },
      },
    },
  });
  if (created?.s === undefined) throw new Error("not submitted");
}

const list = async (who: Person, query = ""): Promise<QueuePage> => {
  const res = await who.fetch(`/v1/queue${query}`);
  expect(res.status).toBe(200);
  expect(res.headers.get("cache-control")).toBe("no-store");
  return QueuePage.parse(await res.json());
};
const act = (who: Person, action: unknown): Promise<Response> =>
  who.fetch("/v1/queue/actions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(action),
  });

test("an administrator sees what waits, holds it, releases it, and drops it with a notice", async () => {
  await send(clerk, "a@far.test");
  const { entries, counts, next } = await list(boss, "?domain=FAR.test");
  const [entry] = entries;
  expect(entry).toMatchObject({ sender: clerk.address, recipient: "a@far.test", state: "due", attempts: 0 });
  expect({ counts, next }).toEqual({ counts: { due: 1 }, next: null });
  const ids = [entry?.id];
  const held = await act(boss, { action: "hold", choice: { ids }, reason: "ask first" });
  expect([held.status, await held.json()]).toEqual([200, { done: 1, skipped: 0 }]);
  const detail = await boss.fetch(`/v1/queue/${entry?.id}`);
  expect(await detail.json()).toMatchObject({
    state: "held",
    heldBy: boss.address,
    heldReason: "ask first",
    all: [{ address: "a@far.test", reply: null }],
  });
  expect(await (await act(boss, { action: "release", choice: { ids } })).json()).toEqual({
    done: 1,
    skipped: 0,
  });
  expect(await (await act(boss, { action: "drop", choice: { ids } })).json()).toEqual({
    done: 1,
    skipped: 0,
  });
  expect((await list(boss)).entries).toEqual([]);
  expect((await boss.fetch(`/v1/queue/${entry?.id}`)).status).toBe(404);
  const { list: mail } = await clerk.call("Email/get", {
    ids: (await clerk.call("Email/query", { filter: { inMailbox: await clerk.mailbox("inbox") } }))["ids"],
    properties: ["subject", "from"],
  });
  expect(mail).toHaveLength(1);
});

test("bad input is refused", async () => {
  for (const query of ["?limit=0", "?limit=1000", "?state=lost", "?cursor=x", "?more=1"])
    expect([query, (await boss.fetch(`/v1/queue${query}`)).status]).toEqual([query, 400]);
  for (const action of [
    {},
    { action: "burn", choice: { all: true } },
    { action: "retry" },
    { action: "retry", choice: {} },
    { action: "retry", choice: { all: false } },
    { action: "drop", choice: { ids: [] } },
    { action: "drop", choice: { ids: ["x"] } },
    { action: "hold", choice: { all: true, domain: "x.test" } },
  ])
    expect((await act(boss, action)).status).toBe(400);
  expect((await boss.fetch("/v1/queue/nonsense")).status).toBe(404);
});

test("whoever is no administrator, and whoever is one of another agency, gets nothing", async () => {
  await send(clerk, "b@far.test");
  const [entry] = (await list(boss)).entries;
  expect((await edge.fetch("/v1/queue")).status).toBe(401);
  expect((await clerk.fetch("/v1/queue")).status).toBe(403);
  expect((await act(clerk, { action: "retry", choice: { all: true } })).status).toBe(403);
  expect((await list(stranger)).entries).toEqual([]);
  expect((await stranger.fetch(`/v1/queue/${entry?.id}`)).status).toBe(404);
  for (const action of ["retry", "hold", "release", "drop"]) {
    const res = await act(stranger, { action, choice: { ids: [entry?.id] } });
    expect(await res.json()).toEqual({ done: 0, skipped: 1 });
  }
  expect((await list(boss)).entries).toEqual([entry]);
});
