import { afterAll, beforeAll, expect, test } from "vitest";
import { addToken } from "../../src/tenants/index.ts";
import { PASSWORD, type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let alice: Person;
beforeAll(async () => {
  edge = await startEdge();
  alice = await edge.person((await edge.tenant()).domain, { name: "Alice A" });
});
afterAll(() => edge[Symbol.asyncDispose]());

const signIn = (body: unknown, headers: Record<string, string> = {}, client?: string): Promise<Response> =>
  edge.fetch(
    "/session",
    {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    },
    client,
  );
const cookieOf = (res: Response): string => (res.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
const basic = (address: string, password: string): string => `Basic ${btoa(`${address}:${password}`)}`;

test("a session begins with address and password, tells who it is, and ends", async () => {
  const res = await signIn({ address: alice.address.toUpperCase(), password: PASSWORD });
  expect(res.status).toBe(200);
  expect(await res.json()).toEqual({ address: alice.address, name: "Alice A" });
  const cookie = cookieOf(res);
  expect((await edge.fetch("/session", { headers: { cookie } })).status).toBe(200);
  expect((await edge.fetch("/jmap/session", { headers: { cookie } })).status).toBe(200);
  const ended = await edge.fetch("/session", {
    method: "DELETE",
    headers: { cookie, "sec-fetch-site": "same-origin" },
  });
  expect(ended.status).toBe(204);
  expect(ended.headers.get("set-cookie")).toMatch(/^angelia_session=;.*Max-Age=0/);
  expect((await edge.fetch("/session", { headers: { cookie } })).status).toBe(401);
  expect((await edge.fetch("/jmap/session", { headers: { cookie } })).status).toBe(401);
});

test("a wrong password and an unknown address are told alike", async () => {
  const wrong = await signIn({ address: alice.address, password: "wrong" });
  const unknown = await signIn({ address: `nobody-${alice.address}`, password: PASSWORD });
  const foreign = await signIn({ address: "a@nowhere.test", password: PASSWORD });
  expect([wrong.status, unknown.status, foreign.status]).toEqual([401, 401, 401]);
  const bodies = [await wrong.json(), await unknown.json(), await foreign.json()];
  expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
  expect(bodies[0]).toMatchObject({ type: "about:blank", status: 401, code: "credentials_wrong" });
  expect(wrong.headers.get("set-cookie")).toBeNull();
});

test("a malformed request is refused", async () => {
  expect((await signIn({ address: alice.address })).status).toBe(400);
  expect((await signIn({ address: alice.address, password: PASSWORD, more: 1 })).status).toBe(400);
  expect((await signIn("x")).status).toBe(400);
});

test("without a session, or with one that nobody has, the answer is 401", async () => {
  expect((await edge.fetch("/session")).status).toBe(401);
  for (const token of ["", "x", `${"a".repeat(26)}.${"b".repeat(52)}`, "../../etc", "a.b.c"])
    expect((await edge.fetch("/session", { headers: { cookie: `angelia_session=${token}` } })).status).toBe(
      401,
    );
});

test("a page of another site can't use the cookie", async () => {
  const cookie = cookieOf(await signIn({ address: alice.address, password: PASSWORD }));
  const remove = (headers: Record<string, string>): Promise<Response> =>
    edge.fetch("/session", { method: "DELETE", headers: { cookie, ...headers } });
  expect((await remove({ "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect((await remove({ "sec-fetch-site": "same-site" })).status).toBe(403);
  expect((await remove({ origin: "https://evil.test" })).status).toBe(403);
  expect((await remove({ origin: "null" })).status).toBe(403);
  const form = { method: "POST", body: "{}", headers: { cookie, "content-type": "text/plain" } };
  expect((await edge.fetch("/jmap/api", form)).status).toBe(403);
  expect((await edge.fetch("/session", { headers: { cookie } })).status).toBe(200);
});

const ask = (authorization: string): Promise<Response> =>
  edge.fetch("/jmap/session", { headers: { authorization } });

test("HTTP Basic works, also with letters beyond US-ASCII; what is no Basic doesn't", async () => {
  expect((await ask(basic(alice.address, PASSWORD))).status).toBe(200);
  expect((await ask(basic(alice.address, "wrong"))).status).toBe(401);
  for (const bad of ["Basic", "Basic !", "Basic YQ==", `Basic ${btoa("\xff:x")}`, "Bearer abc", "Digest x"])
    expect((await ask(bad)).status).toBe(401);
});

const challenge = async (headers: Record<string, string>): Promise<string | null> =>
  (await edge.fetch("/jmap/session", { headers })).headers.get("www-authenticate");

test("a browser gets no window of its own for the password, other programs are told how to sign in", async () => {
  expect(await challenge({})).toMatch(/^Basic /);
  expect(await challenge({ "sec-fetch-site": "same-origin" })).toMatch(/^Bearer /);
  expect(await challenge({ "user-agent": "Mozilla/5.0 (X11)" })).toMatch(/^Bearer /);
});

test("guessing costs time, and who tries the same wrong password again has guessed only once", async () => {
  const { domain } = await edge.tenant();
  const bob = await edge.person(domain);
  const client = "198.51.100.7";
  const tried = async (password: string): Promise<number> =>
    (await signIn({ address: bob.address, password }, {}, client)).status;
  const same = await Promise.all(Array.from({ length: 12 }, () => tried("an old password")));
  expect(new Set(same)).toEqual(new Set([401]));
  const free = await Promise.all(Array.from({ length: 9 }, (_, n) => tried(`guess ${n}`)));
  expect(new Set(free)).toEqual(new Set([401]));
  expect(await tried("guess 10")).toBe(429);
  const right = await signIn({ address: bob.address, password: PASSWORD }, {}, client);
  expect(right.status).toBe(429);
  expect(await right.clone().json()).toMatchObject({ code: "sign_in_throttled" });
  expect(Number(right.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  const headers = { authorization: bob.authorization };
  const jmap = await edge.fetch("/jmap/session", { headers }, client);
  expect(jmap.status).toBe(429);
  // This machine is never held up, and neither is somebody who signs in from elsewhere.
  expect((await signIn({ address: bob.address, password: PASSWORD })).status).toBe(200);
  expect((await signIn({ address: bob.address, password: PASSWORD }, {}, "203.0.113.9")).status).toBe(200);
});

test("an access token opens JMAP where it is good for it, and nothing of the administration", async () => {
  const { tenancy } = edge.runtime;
  const tokenFor = async (scope: "jmap" | "imap"): Promise<string> =>
    (await addToken(tenancy, alice.address, { scopes: [scope], label: "", days: 1 })).token;
  const jmap = await tokenFor("jmap");
  const opened = await ask(`Bearer ${jmap}`);
  expect(opened.status).toBe(200);
  expect(await opened.json()).toMatchObject({ username: alice.address });
  const refused = await ask(`Bearer ${await tokenFor("imap")}`);
  expect(refused.status).toBe(401);
  expect(refused.headers.get("www-authenticate")).toBe('Bearer realm="Angelia", error="invalid_token"');
  expect(await refused.json()).toMatchObject({ code: "token_refused" });
  const headers = { authorization: `Bearer ${jmap}` };
  expect((await edge.fetch("/v1/alerts", { headers })).status).toBe(401);
  expect((await edge.fetch("/session", { headers })).status).toBe(401);
});
