import { afterAll, beforeAll, expect, test } from "vitest";
import {
  NewWebhookAnswer,
  Webhook,
  WebhookDeliveryPage,
  WebhookSecret,
} from "../../src/contract/webhooks.ts";
import { Problem } from "../../src/contract/problem.ts";
import { insertRole } from "../../src/tenants/account.store.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let boss: Person;
let clerk: Person;
let stranger: Person;
beforeAll(async () => {
  edge = await startEdge();
  const { domain } = await edge.tenant();
  [boss, clerk] = [await administrator(domain), await edge.person(domain)];
  stranger = await administrator((await edge.tenant()).domain);
});
afterAll(() => edge[Symbol.asyncDispose]());

async function administrator(domain: string): Promise<Person> {
  const person = await edge.person(domain);
  const { tenantId, accountId } = person.principal;
  await edge.runtime.store.db.tenant(tenantId, (tx) => insertRole(tx, accountId, "admin"));
  return person;
}

const send = (person: Person, method: string, path: string, value?: unknown): Promise<Response> =>
  person.fetch(`/v1/webhooks${path}`, {
    method,
    ...(value === undefined
      ? {}
      : { body: JSON.stringify(value), headers: { "content-type": "application/json" } }),
  });

async function added(person = boss, events = ["*"]) {
  const res = await send(person, "POST", "", { url: "https://hooks.example.test/in", events });
  expect(res.status).toBe(201);
  return NewWebhookAnswer.parse(await res.json());
}

test("a webhook is made, shown without its secret, changed, tried, and removed", async () => {
  const { id, secret } = await added();
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const shown = await (await send(boss, "GET", `/${id}`)).json<object>();
  expect(Webhook.parse(shown)).toMatchObject({ state: "on", events: ["*"] });
  expect(shown).not.toHaveProperty("secret");
  const changed = await send(boss, "PATCH", `/${id}`, { events: ["user.*"], label: "our archive" });
  expect(Webhook.parse(await changed.json())).toMatchObject({ events: ["user.*"], label: "our archive" });
  const renewed = WebhookSecret.parse(await (await send(boss, "POST", `/${id}/secret`)).json());
  expect(renewed.secret).not.toBe(secret);
  expect((await send(boss, "POST", `/${id}/test`)).status).toBe(202);
  const page = WebhookDeliveryPage.parse(await (await send(boss, "GET", `/${id}/deliveries`)).json());
  expect(page.items[0]).toMatchObject({ event: "webhook.test", state: "waiting" });
  expect((await send(boss, "DELETE", `/${id}`)).status).toBe(204);
  expect((await send(boss, "GET", `/${id}`)).status).toBe(404);
});

test("what it was told is listed page by page, and told again on demand", async () => {
  const { id } = await added();
  for (let n = 0; n < 3; n++) await send(boss, "POST", `/${id}/test`);
  const pages: string[][] = [];
  for (let cursor = ""; ;) {
    const res = await send(boss, "GET", `/${id}/deliveries?limit=2${cursor}`);
    const { items, nextCursor } = WebhookDeliveryPage.parse(await res.json());
    pages.push(items.map((one) => one.id));
    if (nextCursor === null) break;
    cursor = `&cursor=${nextCursor}`;
  }
  const ids = pages.flat();
  // Three tests, and the lines of the audit log about them and about the webhook itself.
  expect(pages.every((one) => one.length <= 2)).toBe(true);
  expect(ids).toEqual(ids.toSorted().toReversed());
  expect(new Set(ids).size).toBe(7);
  expect((await send(boss, "POST", `/${id}/deliveries/${ids[0] ?? ""}/retry`)).status).toBe(202);
  expect((await send(boss, "POST", `/${id}/deliveries/${id}/retry`)).status).toBe(404);
  expect((await send(boss, "GET", `/${id}/deliveries?cursor=x`)).status).toBe(400);
});

test.each([
  [{ events: ["*"] }, "url", "required"],
  [{ url: "ftp://example.test/" }, "url", "malformed"],
  [{ url: "https://example.test/", events: ["drop table"] }, "events.0", "malformed"],
  [{ url: "https://example.test/", more: 1 }, "", "malformed"],
])("%j is refused with its field", async (body, field, code) => {
  const res = await send(boss, "POST", "", body);
  expect(res.status).toBe(400);
  expect(Problem.parse(await res.json()).errors?.[0]).toMatchObject({ field, code });
});

test.each([
  "http://example.test/",
  "https://10.0.0.1/",
  "https://localhost/",
  "https://a:b@example.test/",
  "https://nas.local/",
])("%s is no address for a webhook", async (url) => {
  const res = await send(boss, "POST", "", { url });
  expect(res.status).toBe(422);
  expect(Problem.parse(await res.json()).code).toBe("webhook_address");
});

test("another agency finds nothing, and who is no administrator may not look", async () => {
  const { id } = await added();
  for (const [method, path, body] of [
    ["GET", `/${id}`],
    ["PATCH", `/${id}`, { state: "off" }],
    ["DELETE", `/${id}`],
    ["POST", `/${id}/secret`],
    ["POST", `/${id}/test`],
    ["GET", `/${id}/deliveries`],
    ["GET", "/not-an-id"],
  ] as const)
    expect([method, path, (await send(stranger, method, path, body)).status]).toEqual([method, path, 404]);
  expect(await (await send(stranger, "GET", "")).json()).toEqual({ webhooks: [] });
  expect((await send(clerk, "GET", "")).status).toBe(403);
  expect((await send(clerk, "POST", "", { url: "https://example.test/" })).status).toBe(403);
  expect(Webhook.parse(await (await send(boss, "GET", `/${id}`)).json()).state).toBe("on");
});

test("an agency has twenty at most", async () => {
  const owner = await administrator((await edge.tenant()).domain);
  for (let n = 0; n < 20; n++) await added(owner);
  const res = await send(owner, "POST", "", { url: "https://example.test/" });
  expect(res.status).toBe(409);
});
