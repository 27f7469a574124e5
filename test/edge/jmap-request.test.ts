import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Person, type Reply, startEdge, type TestEdge } from "./support/test-edge.ts";

const CORE = "urn:ietf:params:jmap:core";
const MAIL = "urn:ietf:params:jmap:mail";

let edge: TestEdge;
let alice: Person;
beforeAll(async () => {
  edge = await startEdge();
  alice = await edge.person((await edge.tenant()).domain);
});
afterAll(() => edge[Symbol.asyncDispose]());

const post = (body: string, type = "application/json"): Promise<Response> =>
  alice.fetch("/jmap/api", { method: "POST", headers: { "content-type": type }, body });
const api = async (request: unknown): Promise<{ status: number; body: Reply }> => {
  const res = await post(JSON.stringify(request));
  return { status: res.status, body: await res.json() };
};

describe("the session", () => {
  test("is found from the well-known address", async () => {
    const res = await alice.fetch("/.well-known/jmap", { redirect: "manual" });
    expect(res.status).toBe(307);
    expect(res.headers.get("location")).toBe("/jmap/session");
  });

  test("says what RFC 8620 §2 asks for", async () => {
    const res = await alice.fetch("/jmap/session");
    expect(res.status).toBe(200);
    expect(res.headers.get("cache-control")).toContain("no-store");
    const session = await res.json<Reply>();
    expect(session).toMatchObject({
      username: alice.address,
      accounts: { [alice.accountId]: { name: alice.address, isPersonal: true, isReadOnly: false } },
      primaryAccounts: { [MAIL]: alice.accountId, "urn:ietf:params:jmap:submission": alice.accountId },
      state: expect.any(String),
    });
    for (const name of [
      "maxSizeUpload",
      "maxConcurrentUpload",
      "maxSizeRequest",
      "maxConcurrentRequests",
      "maxCallsInRequest",
      "maxObjectsInGet",
      "maxObjectsInSet",
    ])
      expect(session["capabilities"][CORE][name]).toBeGreaterThan(0);
    expect(session["capabilities"][CORE].collationAlgorithms).toEqual([]);
    expect(session["capabilities"][MAIL]).toEqual({});
    expect(session["accounts"][alice.accountId].accountCapabilities[MAIL]).toMatchObject({
      maxSizeMailboxName: 255,
      mayCreateTopLevelMailbox: true,
      emailQuerySortOptions: expect.arrayContaining(["receivedAt", "subject"]),
    });
    for (const name of ["apiUrl", "downloadUrl", "uploadUrl", "eventSourceUrl"])
      expect(session[name]).toMatch(/^http:\/\/[^/]+\/jmap\//);
    for (const variable of ["accountId", "blobId", "name", "type"])
      expect(session["downloadUrl"]).toContain(`{${variable}}`);
    for (const variable of ["types", "closeafter", "ping"])
      expect(session["eventSourceUrl"]).toContain(`{${variable}}`);
    expect(session["uploadUrl"]).toContain("{accountId}");
    const { body } = await api({ using: [CORE], methodCalls: [] });
    expect(body["sessionState"]).toBe(session["state"]);
  });

  test("needs somebody", async () => {
    expect((await edge.fetch("/jmap/session")).status).toBe(401);
    expect((await edge.fetch("/jmap/api", { method: "POST" })).status).toBe(401);
  });
});

describe("request-level errors (RFC 8620 §3.6.1)", () => {
  test.each<[string, string, string | undefined, string]>([
    ["notJSON", "{", undefined, "notJSON"],
    ["no JSON type", "{}", "text/plain", "notJSON"],
    ["no UTF-8", "", undefined, "notJSON"],
    ["an array", "[]", undefined, "notRequest"],
    ["no using", '{"methodCalls":[]}', undefined, "notRequest"],
    [
      "a call that is no triple",
      `{"using":["${CORE}"],"methodCalls":[["Core/echo",{}]]}`,
      undefined,
      "notRequest",
    ],
    [
      "arguments that are no object",
      `{"using":["${CORE}"],"methodCalls":[["Core/echo",[],"0"]]}`,
      undefined,
      "notRequest",
    ],
    [
      "an unknown capability",
      `{"using":["${CORE}","urn:x"],"methodCalls":[]}`,
      undefined,
      "unknownCapability",
    ],
  ])("%s", async (_what, text, type, error) => {
    const res = await post(text, type);
    expect(res.status).toBe(400);
    expect(res.headers.get("content-type")).toBe("application/problem+json");
    expect(await res.json()).toMatchObject({ type: `urn:ietf:params:jmap:error:${error}`, status: 400 });
  });

  test("too many calls", async () => {
    const methodCalls = Array.from({ length: 33 }, (_, i) => ["Core/echo", {}, String(i)]);
    expect(await api({ using: [CORE], methodCalls })).toMatchObject({
      status: 400,
      body: { type: "urn:ietf:params:jmap:error:limit", limit: "maxCallsInRequest" },
    });
  });

  test("too large a request", async () => {
    const body = JSON.stringify({
      using: [CORE],
      methodCalls: [["Core/echo", { x: "x".repeat(10_000_000) }, "0"]],
    });
    const res = await post(body);
    expect(res.status).toBe(400);
    expect(await res.json()).toMatchObject({ limit: "maxSizeRequest" });
  });

  test("too many requests at once", async () => {
    const all = await Promise.all(
      Array.from({ length: 60 }, () =>
        post(
          JSON.stringify({
            using: [CORE, MAIL],
            methodCalls: [["Mailbox/get", { accountId: alice.accountId }, "0"]],
          }),
        ),
      ),
    );
    const statuses = all.map((res) => res.status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(32);
    const refused = all.find((res) => res.status === 400);
    expect((await refused?.json<Reply>())?.["limit"] ?? "maxConcurrentRequests").toBe(
      "maxConcurrentRequests",
    );
  });
});

describe("method calls", () => {
  test("RFC 8620 §4: echo", async () => {
    const args = { hello: true, high: 5 };
    const { body } = await api({ using: [CORE], methodCalls: [["Core/echo", args, "b3ff"]] });
    expect(body["methodResponses"]).toEqual([["Core/echo", args, "b3ff"]]);
  });

  test("an unknown method, and one of a capability that is not used, are errors of that call alone", async () => {
    const { body } = await api({
      using: [CORE],
      methodCalls: [
        ["Foo/bar", {}, "0"],
        ["Mailbox/get", { accountId: alice.accountId }, "1"],
        ["Core/echo", { x: 1 }, "2"],
      ],
    });
    expect(body["methodResponses"]).toEqual([
      ["error", { type: "unknownMethod" }, "0"],
      ["error", { type: "unknownMethod" }, "1"],
      ["Core/echo", { x: 1 }, "2"],
    ]);
  });

  test("arguments of the wrong form are invalid, and say where", async () => {
    for (const args of [
      { ids: "x" },
      { ids: [1] },
      { unknown: 1 },
      { properties: ["nothing"] },
      { accountId: 5 },
    ]) {
      const [response] = await alice.request([["Mailbox/get", args, "0"]]);
      expect([response?.[0], response?.[1]["type"]]).toEqual(["error", "invalidArguments"]);
      expect(response?.[1]["description"]).toEqual(expect.any(String));
    }
  });

  test("the ids of a query become the ids of a get (RFC 8620 §3.7)", async () => {
    const id = await alice.deliver("Subject: one\n\n1\n");
    const [, get] = await alice.request([
      ["Email/query", {}, "q"],
      [
        "Email/get",
        { "#ids": { resultOf: "q", name: "Email/query", path: "/ids" }, properties: ["subject"] },
        "g",
      ],
    ]);
    expect(get?.[1]["list"]).toContainEqual({ id, subject: "one" });
  });

  test("a reference to nothing is an error, and so is what refers to that", async () => {
    const responses = await alice.request([
      ["Email/get", { "#ids": { resultOf: "q", name: "Email/query", path: "/ids" } }, "a"],
      ["Email/get", { "#ids": { resultOf: "a", name: "Email/get", path: "/list/*/id" } }, "b"],
    ]);
    expect(responses.map(([, error]) => error["type"])).toEqual([
      "invalidResultReference",
      "invalidResultReference",
    ]);
  });

  test("creation ids go from call to call, and from request to request", async () => {
    const { body } = await api({
      using: [CORE, MAIL],
      createdIds: {},
      methodCalls: [
        ["Mailbox/set", { accountId: alice.accountId, create: { k1: { name: "Parent" } } }, "0"],
        [
          "Mailbox/set",
          { accountId: alice.accountId, create: { k2: { name: "Child", parentId: "#k1" } } },
          "1",
        ],
      ],
    });
    const parent = body["methodResponses"][0][1].created.k1.id;
    const child = body["methodResponses"][1][1].created.k2.id;
    expect(body["createdIds"]).toEqual({ k1: parent, k2: child });
    const next = await api({
      using: [CORE, MAIL],
      createdIds: body["createdIds"],
      methodCalls: [
        ["Mailbox/get", { accountId: alice.accountId, ids: ["#k2"], properties: ["parentId"] }, "0"],
      ],
    });
    expect(next.body["methodResponses"][0][1].list).toEqual([{ id: child, parentId: parent }]);
    expect((await api({ using: [CORE], methodCalls: [] })).body).not.toHaveProperty("createdIds");
  });

  test("more objects than the limit are refused", async () => {
    const ids = Array.from({ length: 501 }, (_, i) => `e${i}`);
    for (const name of ["Mailbox/get", "Email/get", "Thread/get", "EmailSubmission/get", "Identity/get"])
      expect(await alice.refused(name, { ids })).toBe("requestTooLarge");
    for (const name of ["Mailbox/set", "Email/set", "EmailSubmission/set", "Identity/set"])
      expect(await alice.refused(name, { destroy: ids })).toBe("requestTooLarge");
  });
});
