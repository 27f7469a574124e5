import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HeldDetail, HeldItem, HeldLink, HeldList, type HoldReason } from "../../src/contract/quarantine.ts";
import { sourceOf } from "../../src/blob/index.ts";
import { prepareMessage } from "../../src/mailstore/index.ts";
import { type HeldId, quarantineMessage, signLink } from "../../src/quarantine/index.ts";
import { insertRole } from "../../src/tenants/account.store.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let boss: Person;
let alice: Person;
let stranger: Person;
beforeAll(async () => {
  edge = await startEdge();
  const { domain } = await edge.tenant();
  boss = await administrator(domain);
  alice = await edge.person(domain);
  stranger = await administrator((await edge.tenant()).domain);
});
afterAll(() => edge[Symbol.asyncDispose]());

async function administrator(domain: string): Promise<Person> {
  const person = await edge.person(domain);
  const { tenantId, accountId } = person.principal;
  await edge.runtime.store.db.tenant(tenantId, (tx) => insertRole(tx, accountId, "admin"));
  return person;
}

const SPAM: readonly HoldReason[] = [{ code: "spam", detail: "score 14.2" }];
let count = 0;

/** Holds a message for some people of one tenant. */
async function hold(
  people: readonly Person[],
  { reasons = SPAM, subject = `held ${++count}`, receivedAt = Date.now(), size = 0 } = {},
): Promise<HeldId[]> {
  const [first] = people;
  if (first === undefined) throw new Error("for nobody");
  const { store } = edge.runtime;
  const { tenantId } = first.principal;
  const text = `From: Eve <eve@evil.test>\r\nTo: x@y.test\r\nSubject: ${subject}\r\nMessage-ID: <${crypto.randomUUID()}@evil.test>\r\n`;
  const parts = `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsecret words${"x".repeat(size)}\r\n--b\r\nContent-Type: application/pdf; name=bill.pdf\r\nContent-Disposition: attachment; filename=bill.pdf\r\n\r\n%PDF\r\n--b--\r\n`;
  const source = sourceOf(new TextEncoder().encode(text + parts));
  const message = await prepareMessage(store, tenantId, source);
  const ids = await quarantineMessage(store, tenantId, message, {
    mailFrom: "eve@evil.test",
    reasons,
    receivedAt,
    recipients: people.map(({ principal, address }) => ({ accountId: principal.accountId, address })),
  });
  return [...ids];
}

async function one(person: Person, options: Parameters<typeof hold>[1] = {}): Promise<HeldId> {
  const [id] = await hold([person], options);
  if (id === undefined) throw new Error("nothing was held");
  return id;
}

const post = (person: Person, path: string, value?: unknown): Promise<Response> =>
  person.fetch(path, {
    method: "POST",
    ...(value === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(value) }),
  });
const inboxOf = async (person: Person): Promise<readonly Record<string, unknown>[]> => {
  const { ids } = await person.call("Email/query", {
    filter: { inMailbox: await person.mailbox("inbox") },
  });
  return (await person.call("Email/get", { ids, properties: ["subject", "receivedAt", "size"] }))["list"];
};
const codeOf = async (res: Response): Promise<string> => (await res.json<{ code: string }>()).code;
const stateOf = async (id: HeldId): Promise<string> =>
  HeldItem.parse(await (await boss.fetch(`/v1/quarantine/${id}`)).json()).state;

describe("/v1/quarantine", () => {
  test("lists what is held, newest first, page by page, and narrowed down", async () => {
    const carl = await edge.person(boss.address.split("@")[1] ?? "");
    const ids: HeldId[] = [];
    for (const subject of ["cheap watches", "cheap 100% pills", "an invoice"])
      ids.push(await one(carl, { subject }));
    const virus = await one(carl, {
      subject: "a worm",
      reasons: [{ code: "virus", detail: "Eicar-Signature" }],
    });
    const list = async (query: string): Promise<HeldList> =>
      HeldList.parse(await (await boss.fetch(`/v1/quarantine?recipient=${carl.address}${query}`)).json());
    expect((await list("")).items.map((item) => item.id)).toEqual([virus, ...ids.toReversed()]);
    const first = await list("&limit=3");
    expect(first.items).toHaveLength(3);
    const second = await list(`&limit=3&cursor=${first.nextCursor}`);
    expect(second.items.map((item) => item.id)).toEqual([ids[0]]);
    expect(second.nextCursor).toBeNull();
    const subjects = async (query: string): Promise<string[]> =>
      (await list(query)).items.map((item) => item.subject);
    expect(await subjects("&q=CHEAP")).toEqual(["cheap 100% pills", "cheap watches"]);
    expect(await subjects("&q=100%25")).toEqual(["cheap 100% pills"]);
    expect(await subjects("&q=_")).toEqual([]);
    expect(await subjects("&q=eve%40evil")).toHaveLength(4);
    expect(await subjects("&reason=virus")).toEqual(["a worm"]);
    await post(boss, `/v1/quarantine/${virus}/delete`);
    expect(await subjects("&state=waiting")).toHaveLength(3);
    expect(await subjects("&state=deleted")).toEqual(["a worm"]);
  });

  test("shows the header, the reasons and the names of files, and nothing of the text", async () => {
    const id = await one(alice, { subject: "=?utf-8?B?zprOsc67zrfOvM6tz4HOsQ==?=" });
    const res = await boss.fetch(`/v1/quarantine/${id}`);
    const text = await res.clone().text();
    const held = HeldDetail.parse(await res.json());
    expect(held).toMatchObject({
      recipient: alice.address,
      sender: "Eve <eve@evil.test>",
      subject: "Καλημέρα",
      reasons: SPAM,
      state: "waiting",
      decidedBy: null,
      attachments: [{ name: "bill.pdf", type: "application/pdf", size: 4 }],
    });
    expect(held.headers).toContainEqual({ name: "Subject", value: "Καλημέρα" });
    expect(Date.parse(held.expiresAt) - Date.parse(held.receivedAt)).toBe(30 * 86_400_000);
    expect(text).not.toContain("secret words");
  });

  test("a release puts the message into the inbox as it came, once, and two recipients are two decisions", async () => {
    const bob = await edge.person(alice.address.split("@")[1] ?? "");
    const receivedAt = Math.floor(Date.now() / 1_000) * 1_000 - 86_400_000;
    const [forAlice, forBob] = await hold([alice, bob], { subject: "for two", receivedAt });
    if (forAlice === undefined || forBob === undefined) throw new Error("not held");
    const before = (await inboxOf(alice)).length;
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => post(boss, `/v1/quarantine/${forAlice}/release`)),
    );
    for (const res of answers) {
      expect(res.status).toBe(200);
      expect(await res.json()).toEqual({ id: forAlice, state: "released" });
    }
    const inbox = await inboxOf(alice);
    expect(inbox).toHaveLength(before + 1);
    expect(inbox.find((mail) => mail["subject"] === "for two")?.["receivedAt"]).toBe(
      new Date(receivedAt).toISOString().replace(".000Z", "Z"),
    );
    expect(await inboxOf(bob)).toEqual([]);
    expect(await stateOf(forBob)).toBe("waiting");
    const released = HeldItem.parse(await (await boss.fetch(`/v1/quarantine/${forAlice}`)).json());
    expect(released).toMatchObject({ state: "released", decidedBy: boss.address });
  });

  test("a full mailbox is told, and the message goes on waiting", async () => {
    const full = await edge.person(alice.address.split("@")[1] ?? "", { quotaBytes: 100 });
    const id = await one(full);
    const res = await post(boss, `/v1/quarantine/${id}/release`);
    expect([res.status, await codeOf(res)]).toEqual([507, "quota_exceeded"]);
    expect(await stateOf(id)).toBe("waiting");
    expect(await inboxOf(full)).toEqual([]);
  });

  test("what is deleted can be brought back by an administrator; what is released can't be deleted", async () => {
    const id = await one(alice);
    expect((await post(boss, `/v1/quarantine/${id}/delete`, { asSpam: false })).status).toBe(200);
    expect((await post(boss, `/v1/quarantine/${id}/delete`)).status).toBe(200);
    expect((await post(boss, `/v1/quarantine/${id}/release`)).status).toBe(200);
    const res = await post(boss, `/v1/quarantine/${id}/delete`);
    expect([res.status, await codeOf(res)]).toEqual([409, "held_closed"]);
  });

  test("many at once: each has its own answer", async () => {
    const ids = await hold([alice, boss]);
    const unknown = crypto.randomUUID();
    const res = await post(boss, "/v1/quarantine/bulk", { action: "delete", ids: [...ids, unknown] });
    expect(await res.json()).toEqual({
      results: [
        ...ids.map((id) => ({ id, state: "deleted", code: null })),
        { id: unknown, state: null, code: "held_unknown" },
      ],
    });
  });

  test("refuses bad input", async () => {
    const id = await one(alice);
    for (const path of ["?limit=0", "?limit=x", "?cursor=1", "?state=gone", "?reason=ugly"])
      expect((await boss.fetch(`/v1/quarantine${path}`)).status).toBe(400);
    expect((await boss.fetch("/v1/quarantine/x")).status).toBe(404);
    expect((await post(boss, "/v1/quarantine/x/release")).status).toBe(404);
    expect((await post(boss, `/v1/quarantine/${id}/delete`, { asSpam: "yes" })).status).toBe(400);
    for (const bad of [
      {},
      { action: "eat", ids: [id] },
      { action: "delete", ids: [] },
      { action: "delete", ids: ["x"] },
    ])
      expect((await post(boss, "/v1/quarantine/bulk", bad)).status).toBe(400);
    expect(await stateOf(id)).toBe("waiting");
  });

  test("refuses who is no administrator, and the administrator of another tenant", async () => {
    const id = await one(alice);
    expect((await edge.fetch("/v1/quarantine")).status).toBe(401);
    expect((await alice.fetch("/v1/quarantine")).status).toBe(403);
    expect((await post(alice, `/v1/quarantine/${id}/release`)).status).toBe(403);
    expect(HeldList.parse(await (await stranger.fetch("/v1/quarantine")).json()).items).toEqual([]);
    expect((await stranger.fetch(`/v1/quarantine/${id}`)).status).toBe(404);
    expect((await post(stranger, `/v1/quarantine/${id}/release`)).status).toBe(404);
    expect((await post(stranger, `/v1/quarantine/${id}/delete`)).status).toBe(404);
    const bulk = await post(stranger, "/v1/quarantine/bulk", { action: "release", ids: [id] });
    expect(await bulk.json()).toEqual({ results: [{ id, state: null, code: "held_unknown" }] });
    expect(await stateOf(id)).toBe("waiting");
  });
});

describe("/quarantine/messages", () => {
  test("shows one's own only, releases and deletes", async () => {
    const dora = await edge.person(alice.address.split("@")[1] ?? "");
    await hold([alice]);
    const [keep, drop] = [await one(dora), await one(dora)];
    const list = async (query = ""): Promise<string[]> => {
      const page = HeldList.parse(await (await dora.fetch(`/quarantine/messages${query}`)).json());
      return page.items.map((item) => item.id);
    };
    expect(await list()).toEqual([drop, keep]);
    expect(await list(`?cursor=${drop}`)).toEqual([keep]);
    expect((await post(dora, `/quarantine/messages/${keep}/release`)).status).toBe(200);
    expect((await post(dora, `/quarantine/messages/${drop}/delete`)).status).toBe(200);
    expect(await list("?state=waiting")).toEqual([]);
    expect(await inboxOf(dora)).toHaveLength(1);
    expect((await post(dora, `/quarantine/messages/${drop}/release`)).status).toBe(409);
  });

  test("what carries a virus is for an administrator", async () => {
    const id = await one(alice, { reasons: [{ code: "virus", detail: "Eicar" }] });
    expect((await post(alice, `/quarantine/messages/${id}/release`)).status).toBe(403);
    expect(await stateOf(id)).toBe("waiting");
    expect((await post(boss, `/v1/quarantine/${id}/release`)).status).toBe(200);
  });

  test("refuses bad input, strangers, and another person of the same tenant", async () => {
    const id = await one(alice);
    expect((await alice.fetch("/quarantine/messages?limit=9999")).status).toBe(400);
    expect((await post(alice, "/quarantine/messages/x/release")).status).toBe(400);
    expect((await edge.fetch("/quarantine/messages")).status).toBe(401);
    for (const other of [boss, stranger])
      for (const verb of ["release", "delete"])
        expect((await post(other, `/quarantine/messages/${id}/${verb}`)).status).toBe(404);
    expect(await stateOf(id)).toBe("waiting");
  });
});

const use = (token: string, path = "/use", client?: string): Promise<Response> =>
  edge.fetch(
    `/quarantine/link${path}`,
    {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    },
    client,
  );
const sign = (
  person: Person,
  id: HeldId,
  {
    action = "release",
    expiresAt = Date.now() + 60_000,
  }: { action?: "release" | "delete"; expiresAt?: number } = {},
): Promise<string> =>
  signLink(edge.runtime.tenancy.keys, {
    tenantId: person.principal.tenantId,
    accountId: person.principal.accountId,
    id,
    action,
    expiresAt,
  });

describe("the link in a digest", () => {
  test("shows what it is for and changes nothing until it is used; then it is told as used", async () => {
    const id = await one(alice, { subject: "wanted" });
    const token = await sign(alice, id);
    expect(token).toMatch(/^[a-z0-9.]{1,200}$/);
    const before = (await inboxOf(alice)).length;
    for (let n = 0; n < 3; n++) {
      const link = HeldLink.parse(await (await use(token, "")).json());
      expect(link).toMatchObject({ action: "release", state: "waiting", subject: "wanted" });
    }
    expect(await inboxOf(alice)).toHaveLength(before);
    const clicks = await Promise.all([use(token), use(token), use(token)]);
    expect(clicks.map((res) => res.status)).toEqual([200, 200, 200]);
    expect(await inboxOf(alice)).toHaveLength(before + 1);
    expect(HeldLink.parse(await (await use(token, "")).json()).state).toBe("released");
    const late = await use(await sign(alice, id, { action: "delete" }));
    expect([late.status, await codeOf(late)]).toEqual([409, "held_closed"]);
  });

  test("is good for its own action, recipient, message and time only", async () => {
    const [id, other] = [await one(alice), await one(alice)];
    const token = await sign(alice, id, { action: "delete" });
    const forOther = await sign(alice, other, { action: "delete" });
    const [claim = "", mac = ""] = token.split(".");
    const tampered = [
      `${claim.slice(0, 78)}r${claim.slice(79)}.${mac}`, // another action
      `${claim.slice(0, 52)}${forOther.slice(52, 78)}${claim.slice(78)}.${mac}`, // another message
      `${claim.slice(0, 26)}${(await sign(boss, id)).slice(26, 52)}${claim.slice(52)}.${mac}`, // another recipient
      `${(await sign(stranger, id)).slice(0, 26)}${claim.slice(26)}.${mac}`, // another tenant
      `${claim.slice(0, 79)}zzzzzz.${mac}`, // for longer
      `${claim}.${"a".repeat(32)}`,
      `${claim}.`,
      claim,
      "x",
      `${token}a`,
      " ",
    ];
    for (const bad of tampered) {
      for (const path of ["", "/use"]) {
        const res = await use(bad, path);
        expect([res.status, await codeOf(res)]).toEqual([404, "link_invalid"]);
      }
    }
    // Well signed, and about nothing that this recipient has: told alike.
    for (const strange of [await sign(stranger, id), await sign(boss, id)]) {
      const res = await use(strange);
      expect([res.status, await codeOf(res)]).toEqual([404, "link_invalid"]);
    }
    const expired = await use(await sign(alice, id, { expiresAt: Date.now() - 1_000 }));
    expect([expired.status, await codeOf(expired)]).toEqual([410, "link_expired"]);
    expect((await use("", "")).status).toBe(400);
    expect(await stateOf(id)).toBe("waiting");
    expect((await use(token)).status).toBe(200);
    expect(await stateOf(id)).toBe("deleted");
  });

  test("a page of another site can't make a browser use it, and trying many costs time", async () => {
    const id = await one(alice);
    const token = await sign(alice, id);
    const res = await edge.fetch("/quarantine/link/use", {
      method: "POST",
      headers: { "content-type": "application/json", "sec-fetch-site": "cross-site" },
      body: JSON.stringify({ token }),
    });
    expect(res.status).toBe(403);
    const statuses: number[] = [];
    for (let n = 0; n < 203; n++) statuses.push((await use("x", "", "203.0.113.9")).status);
    expect(statuses.slice(0, 200)).toEqual(Array.from({ length: 200 }, () => 404));
    expect(statuses.at(-1)).toBe(429);
    expect(await stateOf(id)).toBe("waiting");
  });
});
