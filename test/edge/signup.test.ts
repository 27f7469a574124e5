import { afterAll, beforeAll, expect, test } from "vitest";
import { startEdge, type TestEdge, unique } from "./support/test-edge.ts";

let edge: TestEdge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge[Symbol.asyncDispose]());

const JSON_TYPE = { "content-type": "application/json" };
const post = (path: string, body: unknown, init: RequestInit = {}, client?: string): Promise<Response> =>
  edge.fetch(path, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body), ...init }, client);

const wish = (slug: string): Record<string, unknown> => ({
  agencyName: "Municipality of Testing",
  personName: "Maria Test",
  slug,
  localPart: "maria",
  password: "a long enough one",
  consent: true,
  locale: "el",
});

test("the configuration names the hosted domain", async () => {
  const res = await edge.fetch("/signup/config");
  expect(res.status).toBe(200);
  expect(await res.json()).toEqual({ hostedDomain: "hosted.test", passwordMinLength: 10 });
});

test("an address is proposed from the names, and problems come beside the field", async () => {
  const proposed = await post("/signup/proposal", {
    agencyName: `Agency ${unique()}`,
    personName: "Μαρία Παπά",
  });
  expect(proposed.status).toBe(200);
  expect(await proposed.json()).toMatchObject({ localPart: "maria.papa", problems: [] });
  const reserved = await post("/signup/proposal", {
    agencyName: "A",
    personName: "B",
    slug: "x y",
    localPart: "admin",
  });
  const { problems } = await reserved.json<{ problems: { field: string; code: string }[] }>();
  expect(problems).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ field: "slug", code: "malformed" }),
      expect.objectContaining({ field: "localPart", code: "reserved" }),
    ]),
  );
});

test("sign-up ends signed in, with a mailbox of one's own", async () => {
  const slug = unique();
  const res = await post("/signup", wish(slug));
  expect(res.status).toBe(201);
  expect(await res.json()).toEqual({ address: `maria@${slug}.hosted.test` });
  const cookie = res.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/^angelia_session=[^;]+;/);
  for (const part of ["HttpOnly", "SameSite=Strict", "Path=/"]) expect(cookie).toContain(part);
  expect(cookie).not.toContain("Secure"); // this test speaks clear text, to this machine
  const session = await edge.fetch("/session", { headers: { cookie: cookie.split(";", 1)[0] ?? "" } });
  expect(await session.json()).toEqual({
    address: `maria@${slug}.hosted.test`,
    name: "Maria Test",
    tenantName: "Municipality of Testing",
    locale: "el",
    roles: ["owner"],
    permissions: expect.arrayContaining(["self", "people:write", "roles:write"]),
    domains: null,
    support: null,
  });
});

test("behind a proxy that speaks TLS the cookie is for TLS only", async () => {
  const res = await post("/signup", wish(unique()), {
    headers: { ...JSON_TYPE, "x-forwarded-proto": "https" },
  });
  expect(res.headers.get("set-cookie")).toContain("Secure");
});

test("a name that is taken is refused beside its field", async () => {
  const slug = unique();
  expect((await post("/signup", wish(slug))).status).toBe(201);
  const res = await post("/signup", wish(slug));
  expect(res.status).toBe(409);
  expect(res.headers.get("content-type")).toBe("application/problem+json");
  expect(await res.json()).toMatchObject({ status: 409, errors: [{ field: "slug", code: "taken" }] });
});

test.each<[string, Record<string, unknown>, { field: string; code: string }]>([
  ["a short password", { password: "short" }, { field: "password", code: "too_short" }],
  ["a password without end", { password: "x".repeat(300) }, { field: "password", code: "too_long" }],
  ["no consent", { consent: false }, { field: "consent", code: "malformed" }],
  ["a slug with a dot", { slug: "a.b" }, { field: "slug", code: "malformed" }],
  ["a reserved slug", { slug: "admin" }, { field: "slug", code: "reserved" }],
  ["a reserved local part", { localPart: "postmaster" }, { field: "localPart", code: "reserved" }],
  ["a language that we don't have", { locale: "xx" }, { field: "locale", code: "malformed" }],
  ["no name", { personName: undefined }, { field: "personName", code: "required" }],
])("%s is refused beside its field", async (_what, change, error) => {
  const res = await post("/signup", { ...wish(unique()), ...change });
  expect(res.status).toBe(400);
  const { errors } = await res.json<{ errors: { field: string; code: string; message: string }[] }>();
  expect(errors).toEqual([expect.objectContaining(error)]);
  expect(errors[0]?.message).not.toBe("");
});

const send = (body: string, type = "application/json"): Promise<Response> =>
  edge.fetch("/signup", { method: "POST", headers: { "content-type": type }, body });

test("what is no JSON, no object, or too large is refused", async () => {
  expect((await send("{")).status).toBe(400);
  expect((await send("[]")).status).toBe(400);
  expect((await send(JSON.stringify({ ...wish("x"), more: 1 }))).status).toBe(400);
  expect((await send(JSON.stringify({ a: "x".repeat(20_000) }))).status).toBe(413);
});

test("a page of another site can't sign anybody up", async () => {
  const cross = { ...JSON_TYPE, "sec-fetch-site": "cross-site" };
  expect((await post("/signup", wish(unique()), { headers: cross })).status).toBe(403);
  const foreign = { ...JSON_TYPE, origin: "https://evil.test" };
  expect((await post("/signup", wish(unique()), { headers: foreign })).status).toBe(403);
});

test("a robot waits longer and longer; this machine never does", async () => {
  const robot = "203.0.113.77";
  const statuses: number[] = [];
  for (let i = 0; i < 6; i++)
    statuses.push((await post("/signup", { ...wish("x"), slug: "admin" }, {}, robot)).status);
  // Five attempts are free.
  expect(statuses).toEqual([400, 400, 400, 400, 400, 429]);
  const refused = await post("/signup", { ...wish("x"), slug: "admin" }, {}, robot);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({ code: "rate_limited", retryAfterSeconds: expect.any(Number) });
  expect((await post("/signup", { ...wish("x"), slug: "admin" })).status).toBe(400);
});
