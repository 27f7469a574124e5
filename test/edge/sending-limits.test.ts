import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { setSendingCap } from "../../src/outbound/index.ts";
import { canonicalAddress } from "../../src/outbound/canonical-address.ts";
import { insertSuppression } from "../../src/outbound/suppression.store.ts";
import { sealToken } from "../../src/outbound/sealed-token.ts";
import { insertRole } from "../../src/tenants/account.store.ts";
import { type Person, type Reply, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let admin: Person;
let alice: Person;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge[Symbol.asyncDispose]());
beforeEach(async () => {
  const { domain } = await edge.tenant();
  [admin, alice] = [await edge.person(domain), await edge.person(domain)];
  await db().tenant(admin.principal.tenantId, (tx) => insertRole(tx, admin.principal.accountId, "admin"));
});

const db = () => edge.runtime.store.db;

async function call(
  person: Person,
  path: string,
  method = "GET",
  body?: object,
): Promise<{ status: number; json: Reply }> {
  const init: RequestInit =
    body === undefined
      ? { method }
      : { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const res = await person.fetch(path, init);
  const text = await res.text();
  return { status: res.status, json: text === "" ? {} : JSON.parse(text) };
}

/** Sends a draft as a client of the network does. @returns what EmailSubmission/set says of it */
async function send(
  person: Person,
  to: readonly string[],
  parameters: Readonly<Record<string, string>> | null = null,
): Promise<Reply> {
  const drafts = await person.mailbox("drafts");
  const { list } = await person.call("Identity/get", { ids: null });
  const email = {
    mailboxIds: { [drafts]: true },
    from: [{ email: person.address }],
    to: to.map((address) => ({ email: address })),
    subject: "x",
    textBody: [{ partId: "1" }],
    bodyValues: { "1": { value: "x" } },
  };
  const envelope = {
    mailFrom: { email: person.address, parameters },
    rcptTo: to.map((address) => ({ email: address })),
  };
  const request = {
    method: "POST",
    headers: { "content-type": "application/json", authorization: person.authorization },
    body: JSON.stringify({
      using: ["core", "mail", "submission"].map((name) => `urn:ietf:params:jmap:${name}`),
      methodCalls: [
        ["Email/set", { accountId: person.accountId, create: { e: email } }, "e"],
        [
          "EmailSubmission/set",
          {
            accountId: person.accountId,
            create: { s: { identityId: list[0].id, emailId: "#e", envelope } },
          },
          "s",
        ],
      ],
    }),
  };
  // From another machine: clients on this one have no limits.
  const res = await edge.fetch("/jmap/api", request, "192.0.2.77");
  const { methodResponses } = await res.json<{ methodResponses: [string, Reply, string][] }>();
  const [, set] = methodResponses;
  return set?.[1]["created"]?.s ?? set?.[1]["notCreated"]?.s;
}

describe("limits", () => {
  test("an administrator sees and lowers them; a sender who reaches one is told which and until when", async () => {
    const before = await call(admin, "/v1/sending-limits");
    expect(before.status).toBe(200);
    expect(before.json["caps"]).toContainEqual({
      scope: "mailbox",
      subject: "",
      limits: { hourMessages: 30, dayMessages: 150, hourRecipients: 60, dayRecipients: 300 },
    });
    const set = await call(admin, "/v1/sending-limits", "PUT", {
      scope: "mailbox",
      subject: alice.address.toUpperCase(),
      limits: { dayMessages: 1 },
    });
    expect(set.json["own"]).toEqual([
      {
        scope: "mailbox",
        subject: alice.address,
        limits: { hourMessages: null, dayMessages: 1, hourRecipients: null, dayRecipients: null },
      },
    ]);
    expect(await send(alice, ["a@elsewhere.test"])).toMatchObject({ undoStatus: "final" });
    expect(await send(alice, ["b@elsewhere.test"])).toEqual({
      type: "rateLimit",
      description: expect.stringMatching(
        /^The limit of your mailbox is reached: 1 messages a day to others\. It ends at \d{4}-\d\d-\d\d 00:00 UTC$/,
      ),
      limit: {
        scope: "mailbox",
        what: "messages",
        window: "day",
        limit: 1,
        until: expect.stringMatching(/^\d{4}-\d\d-\d\dT00:00:00Z$/),
      },
    });
    const { json } = await call(admin, "/v1/alerts");
    expect(json["list"]).toMatchObject([{ kind: "sending_limit", subject: alice.address, seen: false }]);
    const { id } = json["list"][0];
    expect((await call(admin, `/v1/alerts/${id}/seen`, "POST")).status).toBe(204);
    expect((await call(admin, "/v1/alerts")).json["list"]).toMatchObject([{ id, seen: true }]);
    expect((await call(admin, "/v1/sending-limits")).json["used"]).toMatchObject({
      dayMessages: 1,
      dayRecipients: 1,
    });
  });

  test("nobody raises their own cap, and nonsense is refused", async () => {
    await setSendingCap(db(), admin.principal.tenantId, {
      scope: "tenant",
      subject: "",
      limits: { hourMessages: null, dayMessages: 10, hourRecipients: null, dayRecipients: null },
    });
    const put = (body: object) => call(admin, "/v1/sending-limits", "PUT", body);
    expect(await put({ scope: "tenant", limits: { dayMessages: 11 } })).toMatchObject({
      status: 422,
      json: { code: "limit_above_cap", errors: [{ field: "limits.dayMessages" }] },
    });
    // Nor is anything in the agency given more than the whole of it has.
    const [, domain = ""] = admin.address.split("@");
    for (const [scope, subject] of [
      ["domain", domain],
      ["mailbox", alice.address],
      ["mailbox", ""],
    ])
      expect(await put({ scope, subject, limits: { dayMessages: 11 } })).toMatchObject({
        status: 422,
        json: { code: "limit_above_cap", errors: [{ field: "limits.dayMessages" }] },
      });
    expect((await put({ scope: "tenant", limits: { dayMessages: 10 } })).status).toBe(200);
    for (const [body, status] of [
      [{ scope: "tenant", limits: { dayMessages: -1 } }, 400],
      [{ scope: "planet", limits: {} }, 400],
      [{ scope: "tenant", limits: { weekMessages: 1 } }, 400],
      [{ scope: "tenant", subject: "x", limits: {} }, 400],
      [{ scope: "mailbox", subject: "nobody@elsewhere.test", limits: {} }, 404],
      [{ scope: "domain", subject: "elsewhere.test", limits: {} }, 404],
    ] as const)
      expect((await put(body)).status).toBe(status);
  });
});

describe("holds and the list of suppressed addresses", () => {
  test("an administrator stops an account, sees what waits, and lets it go or drops it", async () => {
    const made = await call(admin, "/v1/holds", "POST", { address: alice.address });
    expect(made.status).toBe(201);
    const { accountId } = made.json;
    expect(await send(alice, ["a@elsewhere.test"])).toMatchObject({ undoStatus: "pending" });
    expect((await call(admin, "/v1/holds")).json["list"]).toMatchObject([
      { accountId, address: alice.address, reason: "admin", waiting: 1 },
    ]);
    expect(await call(admin, `/v1/holds/${accountId}/drop`, "POST")).toMatchObject({ json: { dropped: 1 } });
    expect((await call(admin, `/v1/holds/${accountId}/release`, "POST")).status).toBe(204);
    expect((await call(admin, "/v1/holds")).json["list"]).toEqual([]);
    expect((await call(admin, `/v1/holds/${accountId}/release`, "POST")).status).toBe(404);
    expect((await call(admin, "/v1/holds/nobody/drop", "POST")).status).toBe(404);
    expect((await call(admin, "/v1/holds", "POST", { address: "nobody@elsewhere.test" })).status).toBe(404);
  });

  test("an address is put on the list and taken off it", async () => {
    const address = "Out@Elsewhere.test";
    expect((await call(admin, "/v1/suppressions", "POST", { address })).status).toBe(201);
    expect((await call(admin, "/v1/suppressions")).json).toMatchObject({
      list: [{ address: canonicalAddress(address), sender: "", reason: "admin", detail: admin.address }],
      hasMore: false,
    });
    const path = `/v1/suppressions/${encodeURIComponent(address)}`;
    expect((await call(admin, path, "DELETE")).status).toBe(204);
    expect((await call(admin, path, "DELETE")).status).toBe(404);
    expect((await call(admin, "/v1/suppressions", "POST", { address: "no address" })).status).toBe(400);
  });

  test("who is no administrator, and the administrators of another agency, see and do nothing of it", async () => {
    const { json } = await call(admin, "/v1/holds", "POST", { address: alice.address });
    await db().tenant(admin.principal.tenantId, (tx) =>
      insertSuppression(
        tx,
        { address: "x@elsewhere.test", sender: "", reason: "admin", detail: "" },
        Date.now(),
      ),
    );
    for (const path of ["/v1/sending-limits", "/v1/alerts", "/v1/holds", "/v1/suppressions"]) {
      expect((await call(alice, path)).status).toBe(403);
      expect((await edge.fetch(path)).status).toBe(401);
    }
    const { domain } = await edge.tenant();
    const stranger = await edge.person(domain);
    await db().tenant(stranger.principal.tenantId, (tx) =>
      insertRole(tx, stranger.principal.accountId, "owner"),
    );
    expect((await call(stranger, "/v1/holds")).json["list"]).toEqual([]);
    expect((await call(stranger, "/v1/suppressions")).json["list"]).toEqual([]);
    expect((await call(stranger, `/v1/holds/${json["accountId"]}/release`, "POST")).status).toBe(404);
    expect((await call(stranger, "/v1/suppressions/x@elsewhere.test", "DELETE")).status).toBe(404);
    const [alert] = (await call(admin, "/v1/alerts")).json["list"];
    expect((await call(stranger, `/v1/alerts/${alert.id}/seen`, "POST")).status).toBe(404);
    expect(
      (
        await call(stranger, "/v1/sending-limits", "PUT", {
          scope: "mailbox",
          subject: alice.address,
          limits: {},
        })
      ).status,
    ).toBe(404);
  });
});

describe("sending later", () => {
  test("the session says how far ahead, and a message waits until then or is taken back", async () => {
    const session = await (await alice.fetch("/jmap/session")).json<Reply>();
    const capability =
      session["accounts"][alice.accountId].accountCapabilities["urn:ietf:params:jmap:submission"];
    expect(capability).toMatchObject({
      maxDelayedSend: 32_000_000,
      submissionExtensions: { FUTURERELEASE: expect.any(Array) },
    });
    const made = await send(alice, ["a@elsewhere.test"], { HOLDFOR: "3600" });
    expect(made).toMatchObject({ undoStatus: "pending" });
    expect(Date.parse(made["sendAt"]) - Date.now()).toBeGreaterThan(3_500_000);
    const tomorrow = `${new Date(Date.now() + 86_400_000).toISOString().slice(0, 19)}Z`;
    const until = await send(alice, ["a@elsewhere.test"], { holduntil: tomorrow });
    expect(until).toMatchObject({ undoStatus: "pending", sendAt: tomorrow });
    const undone = await alice.call("EmailSubmission/set", {
      update: { [made["id"]]: { undoStatus: "canceled" } },
    });
    expect(undone["updated"]).toEqual({ [made["id"]]: null });
    const again = await alice.call("EmailSubmission/set", {
      update: { [made["id"]]: { undoStatus: "canceled" } },
    });
    expect(again["notUpdated"][made["id"]].type).toBe("cannotUnsend");
    const { list } = await alice.call("EmailSubmission/get", { ids: [made["id"], until["id"]] });
    expect(list.map((one: Reply) => one["undoStatus"]).toSorted()).toEqual(["canceled", "pending"]);
  });

  test("a time that is none, or too far away, is refused", async () => {
    for (const parameters of [
      { HOLDFOR: "soon" },
      { HOLDFOR: "99999999" },
      { HOLDUNTIL: "tomorrow" },
      { HOLDFOR: "1", HOLDUNTIL: "2030-01-01T00:00:00Z" },
      { RET: "FULL" },
    ])
      expect(await send(alice, ["a@elsewhere.test"], parameters as Record<string, string>)).toMatchObject({
        type: "invalidProperties",
        properties: ["envelope"],
      });
  });
});

const token = (): Promise<string> => {
  const { tenancy, store } = edge.runtime;
  const words = [alice.principal.tenantId, alice.address, "reader@elsewhere.test"];
  return sealToken(tenancy.keys, store.random, "unsubscribe", words);
};
const listed = async () => (await call(admin, "/v1/suppressions")).json["list"];
const post = async (path: string, body: string, type = "application/x-www-form-urlencoded") =>
  edge.fetch(path, {
    method: "POST",
    headers: {
      "content-type": type,
      origin: "https://mail.elsewhere.test",
      "sec-fetch-site": "cross-site",
    },
    body,
  });

describe("the link in bulk mail", () => {
  test("unsubscribes with one POST, from anywhere and without signing in; again changes nothing", async () => {
    const path = `/unsubscribe/${await token()}`;
    expect((await post(path, "List-Unsubscribe=One-Click")).status).toBe(200);
    expect((await post(path, "List-Unsubscribe=One-Click")).status).toBe(200);
    const form =
      '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n';
    expect((await post(path, form, "multipart/form-data; boundary=b")).status).toBe(200);
    expect(await listed()).toMatchObject([
      { address: "reader@elsewhere.test", sender: alice.address, reason: "unsubscribe" },
    ]);
  });

  test("asks who only opens it, and takes nobody off by that", async () => {
    const res = await edge.fetch(`/unsubscribe/${await token()}`, {
      headers: { "accept-language": "el-GR,el" },
    });
    const text = await res.text();
    expect(res.status).toBe(200);
    expect(text).toContain('<html lang="el">');
    expect(text).toContain(`reader@elsewhere.test λαμβάνει μαζικά μηνύματα από: ${alice.address}`);
    expect(text).toContain('<form method="post">');
    expect(res.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await listed()).toEqual([]);
  });

  test("is refused when it is not whole, or when the POST says something else", async () => {
    const whole = await token();
    expect((await edge.fetch(`/unsubscribe/${whole.slice(2)}`)).status).toBe(404);
    expect((await post(`/unsubscribe/${whole.slice(2)}`, "List-Unsubscribe=One-Click")).status).toBe(404);
    expect((await post(`/unsubscribe/${whole}`, "List-Unsubscribe=Two-Click")).status).toBe(400);
    expect((await post(`/unsubscribe/${whole}`, "x".repeat(10_000))).status).toBe(413);
    expect(await listed()).toEqual([]);
  });
});
