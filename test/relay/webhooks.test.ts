import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decideAfterPost, WebhookSender } from "../../smtp-relay/webhooks/webhook-sender.ts";
import { isCallable, postEvent } from "../../smtp-relay/webhooks/post-event.ts";
import { WebhookEvent } from "../../src/contract/webhooks.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { NotifyingQueueSignal, type Outbound, raiseAlert } from "../../src/outbound/index.ts";
import { addUser } from "../../src/tenants/index.ts";
import {
  addWebhook,
  changeWebhook,
  leaseDeliveries,
  listDeliveries,
  purgeDeliveries,
  readWebhook,
} from "../../src/webhooks/index.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { webhookReceiver } from "../support/webhook-receiver.ts";

let platform: TestPlatform;
let outbound: Outbound;
beforeAll(async () => {
  platform = await testPlatform();
  const { store, tenancy, db } = platform;
  outbound = { store, tenancy, queue: new NotifyingQueueSignal(db, log), hostname: "mail.hosted.test" };
});
afterAll(() => platform[Symbol.asyncDispose]());

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
let count = 0;

async function agency(): Promise<{ tenantId: TenantId; domain: string; actor: string }> {
  const domain = `w${++count}.test`;
  return { tenantId: await platform.tenant(`w${count}`, domain), domain, actor: "operator" };
}

/** Sends what is due, beginning now, until it is stopped. The clock runs ahead, so that nobody waits for a retry. */
function sender(ahead = { ms: 0 }, allowPrivate = true): AsyncDisposable {
  const clock = (): number => Date.now() + ahead.ms;
  const tenancy = { ...platform.tenancy, clock };
  const one = new WebhookSender({ tenancy, outbound, log, allowPrivate, lookMs: 20 });
  one.start();
  return { [Symbol.asyncDispose]: () => one.stop() };
}

const deliveriesOf = async (tenantId: TenantId, id: string) =>
  (await platform.db.tenant(tenantId, (tx) => listDeliveries(tx, id, { limit: 100 }))).items;

/** A webhook of an agency that is told of these events. */
const listening = (
  who: Parameters<typeof addWebhook>[1],
  { url }: { readonly url: string },
  events: string[],
): ReturnType<typeof addWebhook> => addWebhook(platform.tenancy, who, { url, label: "", events });

/** Waits until an attempt has failed, and that is noted. */
async function failed(tenantId: TenantId, id: string, attempts: number, lastError: string): Promise<void> {
  await expect
    .poll(async () => (await deliveriesOf(tenantId, id))[0], { timeout: 20_000 })
    .toMatchObject({ attempts, lastError });
}

async function settled(tenantId: TenantId, id: string, state: string): Promise<void> {
  await expect
    .poll(async () => (await deliveriesOf(tenantId, id)).map((one) => one.state), { timeout: 20_000 })
    .toSatisfy((states: string[]) => states.length > 0 && states.every((one) => one === state));
}

test("what was done is told once, signed, in the words of the audit log; another agency's is not", async () => {
  const who = await agency();
  const other = await agency();
  await using receiver = await webhookReceiver();
  const { id, secret } = await listening(who, receiver, ["user.*"]);
  await addUser(platform.tenancy, { address: `anna@${who.domain}`, name: "Anna" });
  await addUser(platform.tenancy, { address: `otto@${other.domain}`, name: "Otto" });
  {
    await using _ = sender();
    await receiver.until(1);
    await settled(who.tenantId, id, "done");
  }
  expect(receiver.received).toHaveLength(1);
  const [first] = receiver.received;
  const field = (name: string): string => String(first?.headers[name]);
  const body = first?.body ?? "";
  expect(WebhookEvent.parse(JSON.parse(body))).toMatchObject({
    type: "user.add",
    data: { tenant: `w${count - 1}`, actor: "operator", subject: `anna@${who.domain}` },
  });
  const signed = `${field("webhook-id")}.${field("webhook-timestamp")}.${body}`;
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  expect(field("webhook-signature")).toBe(`v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
});

test("an alert is told too, and what nobody asked for is not", async () => {
  const who = await agency();
  await using receiver = await webhookReceiver();
  const alerts = { url: receiver.url, label: "", events: ["alert.*"] };
  const { id } = await addWebhook(platform.tenancy, who, alerts);
  await addUser(platform.tenancy, { address: `anna@${who.domain}`, name: "Anna" });
  const at = Date.now();
  const alert = {
    kind: "new_country",
    subject: `anna@${who.domain}`,
    windowStart: at,
    detail: {},
    at,
  } as const;
  await raiseAlert(outbound, who.tenantId, { ...alert, detail: { country: "FR" } });
  await using _ = sender();
  await settled(who.tenantId, id, "done");
  expect(receiver.received.map((one) => WebhookEvent.parse(JSON.parse(one.body)).type)).toEqual([
    "alert.new_country",
  ]);
});

test("what is not taken is tried again with the same id, until it is", async () => {
  const who = await agency();
  await using receiver = await webhookReceiver();
  const { id } = await listening(who, receiver, ["user.add"]);
  await addUser(platform.tenancy, { address: `anna@${who.domain}`, name: "Anna" });
  receiver.answer = 500;
  const ahead = { ms: 0 };
  await using _ = sender(ahead);
  await failed(who.tenantId, id, 1, "status");
  receiver.answer = null;
  ahead.ms += 20_000;
  await failed(who.tenantId, id, 2, "refused");
  receiver.answer = 200;
  ahead.ms += 90_000;
  await settled(who.tenantId, id, "done");
  expect(receiver.received).toHaveLength(3);
  expect(new Set(receiver.received.map((one) => one.headers["webhook-id"])).size).toBe(1);
  const [delivery] = await deliveriesOf(who.tenantId, id);
  expect(delivery).toMatchObject({ attempts: 3, lastStatus: 200, lastError: null, nextAttemptAt: null });
  expect(await readWebhook(platform.tenancy, who, id)).toMatchObject({ state: "on", failingSince: null });
});

test("a webhook that takes nothing for days is switched off, and its agency is told", async () => {
  const who = await agency();
  const boss = await platform.person(`boss@${who.domain}`);
  await using receiver = await webhookReceiver();
  const { id } = await listening(who, receiver, ["user.add"]);
  await addUser(platform.tenancy, { address: `anna@${who.domain}`, name: "Anna" });
  receiver.answer = 503;
  const ahead = { ms: 0 };
  await using _ = sender(ahead);
  await receiver.until(1);
  await expect
    .poll(async () => (await readWebhook(platform.tenancy, who, id)).failingSince, { timeout: 20_000 })
    .not.toBeNull();
  ahead.ms += 4 * 86_400_000;
  await expect
    .poll(async () => (await readWebhook(platform.tenancy, who, id)).state, { timeout: 20_000 })
    .toBe("failing");
  await settled(who.tenantId, id, "failed");
  const alerts = (): Promise<readonly unknown[]> =>
    platform.db.tenant(
      who.tenantId,
      (tx) => tx`select 1 from alerts where tenant_id = ${tx.tenantId} and kind = 'webhook_failing'`,
    );
  await expect.poll(async () => (await alerts()).length, { timeout: 20_000 }).toBe(1);
  expect(boss.tenantId).toBe(who.tenantId);
  // Switched on again it hears what happens from then on.
  await changeWebhook(platform.tenancy, who, id, { state: "on" });
  receiver.answer = 200;
  const before = receiver.received.length;
  await addUser(platform.tenancy, { address: `otto@${who.domain}`, name: "Otto" });
  await receiver.until(before + 1);
});

test("the lease of a process that died ends, and another one posts; of one webhook few at a time are taken", async () => {
  const who = await agency();
  await using receiver = await webhookReceiver();
  const { id } = await listening(who, receiver, ["user.add"]);
  for (let n = 0; n < 6; n++) await addUser(platform.tenancy, { address: `p${n}@${who.domain}`, name: "P" });
  const now = Date.now();
  const lease = () =>
    platform.db.system("test", (tx) => leaseDeliveries(tx, { now, until: now + 60_000, limit: 100 }));
  const dead = await lease();
  expect(dead.filter((one) => one.webhookId === id)).toHaveLength(4);
  expect((await lease()).filter((one) => one.webhookId === id)).toHaveLength(2);
  await using _ = sender({ ms: 120_000 });
  await settled(who.tenantId, id, "done");
  expect(receiver.received).toHaveLength(6);
});

test("nothing inside is called, whatever its name", async () => {
  expect(
    ["https://127.0.0.1/x", "https://[::1]/x", "http://example.test/x", "https://a:b@example.test/"].filter(
      isCallable,
    ),
  ).toEqual([]);
  expect(isCallable("https://example.test/x")).toBe(true);
  expect(await postEvent("https://localhost:9/x", "{}", {}, false)).toEqual({
    status: null,
    error: "private_address",
  });
  const who = await agency();
  await using receiver = await webhookReceiver();
  const { id } = await listening(who, receiver, ["user.add"]);
  await addUser(platform.tenancy, { address: `anna@${who.domain}`, name: "Anna" });
  await using _ = sender({ ms: 0 }, false);
  await expect
    .poll(async () => (await deliveriesOf(who.tenantId, id))[0]?.lastError, { timeout: 20_000 })
    .toBe("private_address");
  expect(receiver.received).toEqual([]);
});

test("a delivery that was refused for good is not tried again, and the last attempt is the last", () => {
  expect(decideAfterPost({ status: 410, error: "status" }, 1, 0).state).toBe("failed");
  expect(decideAfterPost({ status: null, error: "off" }, 1, 0).state).toBe("failed");
  expect(decideAfterPost({ status: 500, error: "status" }, 1, 0)).toMatchObject({
    state: "waiting",
    dueAt: 10_000,
  });
  expect(decideAfterPost({ status: 500, error: "status" }, 10, 0).state).toBe("failed");
  expect(decideAfterPost({ status: 204, error: null }, 10, 0).state).toBe("done");
});

test("what is old is forgotten", async () => {
  const later = Date.now() + 31 * 86_400_000;
  const removed = await platform.db.system("test", (tx) => purgeDeliveries(tx, later, 1_000));
  expect(removed).toBeGreaterThan(0);
});
