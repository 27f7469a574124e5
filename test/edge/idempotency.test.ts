import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerRequest, beginRequest, purgeRequests } from "../../src/access/idempotency.store.ts";
import { beginOnce } from "../../src/access/idempotency.ts";
import { CreatedApiKey } from "../../src/contract/api-keys.ts";
import type { TenantTx } from "../../src/db/index.ts";
import { grantRole, revokeRole } from "../../src/tenants/role.store.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let domain: string;
let boss: Person;
let other: Person;
let stranger: Person;
beforeAll(async () => {
  edge = await startEdge();
  ({ domain } = await edge.tenant());
  [boss, other] = [await administrator(domain), await administrator(domain)];
  stranger = await administrator((await edge.tenant()).domain);
});
afterAll(() => edge[Symbol.asyncDispose]());

async function administrator(of: string): Promise<Person> {
  const person = await edge.person(of);
  const { tenantId, accountId } = person.principal;
  await edge.runtime.store.db.tenant(tenantId, (tx) => grantRole(tx, accountId, "admin", { by: "operator" }));
  return person;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly isReplayed: boolean;
  readonly retryAfter: string | null;
}

async function post(person: Person, path: string, value: unknown, key?: string): Promise<Answer> {
  const res = await person.fetch(path, {
    method: "POST",
    body: JSON.stringify(value),
    headers: { "content-type": "application/json", ...(key === undefined ? {} : { "idempotency-key": key }) },
  });
  const text = await res.text();
  return {
    status: res.status,
    body: text === "" ? null : JSON.parse(text),
    isReplayed: res.headers.get("idempotent-replayed") === "true",
    retryAfter: res.headers.get("retry-after"),
  };
}

let count = 0;
const group = (): { address: string } => ({ address: `group${++count}@${domain}` });
const name = (): string => crypto.randomUUID();
const inTenant = <T>(work: (tx: TenantTx) => Promise<T>): Promise<T> =>
  edge.runtime.store.db.tenant(boss.principal.tenantId, work);
/** Makes all requests of this agency so much older. */
const age = (by: string): Promise<unknown> =>
  inTenant(
    (tx) => tx`
    update idempotent_requests set started_at = started_at - ${by}::interval where tenant_id = ${tx.tenantId}`,
  );
const sha256 = async (text: string): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
const audited = (subject: string): Promise<number> =>
  inTenant(async (tx) => {
    const rows = await tx`select from audit_log where tenant_id = ${tx.tenantId} and subject = ${subject}`;
    return rows.length;
  });

const left = (): Promise<unknown> =>
  inTenant((tx) => tx`select from idempotent_requests where tenant_id = ${tx.tenantId}`);

/** A request as a process leaves it that dies before it has answered. */
async function leave(path: string, value: unknown, key: string): Promise<void> {
  const [keyHash, fingerprint] = await Promise.all([
    sha256(key),
    sha256(`POST ${path}\n${JSON.stringify(value)}`),
  ]);
  const actor = boss.principal.accountId;
  await beginOnce(edge.runtime.tenancy, boss.principal.tenantId, { actor, keyHash }, fingerprint);
}

describe("a POST with an Idempotency-Key", () => {
  test("is done once, and gives the same answer again", async () => {
    const [key, wanted] = [`"${name()}"`, group()];
    const first = await post(boss, "/v1/groups", wanted, key);
    expect(first).toMatchObject({ status: 201, isReplayed: false });
    for (const same of [key, key.slice(1, -1)])
      expect(await post(boss, "/v1/groups", wanted, same)).toEqual({ ...first, isReplayed: true });
    expect(await audited(wanted.address)).toBe(1);
    expect(await post(boss, "/v1/groups", wanted)).toMatchObject({ status: 409 });
  });

  test("gives a secret that is shown once again, and keeps it sealed", async () => {
    const key = name();
    const wanted = { label: `bot ${name()}`, permissions: ["overview:read"] };
    const first = await post(boss, "/v1/api-keys", wanted, key);
    expect(await post(boss, "/v1/api-keys", wanted, key)).toEqual({ ...first, isReplayed: true });
    const secret = CreatedApiKey.parse(first.body).key.split(".")[2] ?? "";
    const rows = await inTenant(
      (tx) => tx<{ body: Uint8Array | null }[]>`
      select body from idempotent_requests where tenant_id = ${tx.tenantId}`,
    );
    const stored = rows.map((row) => new TextDecoder().decode(row.body ?? new Uint8Array()));
    expect(stored.join(" ")).not.toContain(secret);
  });

  test("with another body, or for another thing, is refused", async () => {
    const [key, wanted] = [name(), group()];
    expect(await post(boss, "/v1/groups", wanted, key)).toMatchObject({ status: 201 });
    expect(await post(boss, "/v1/groups", group(), key)).toMatchObject({
      status: 422,
      body: { code: "request_differs" },
    });
    expect(await post(boss, "/v1/aliases", wanted, key)).toMatchObject({ status: 422 });
    expect(await post(boss, "/v1/groups?x=1", wanted, key)).toMatchObject({ status: 422 });
  });

  test("of a kind that nobody can write is refused with the field", async () => {
    for (const bad of ['""', '"', "x".repeat(256), '"open', "two words"])
      expect(await post(boss, "/v1/groups", group(), bad)).toMatchObject({
        status: 400,
        body: { errors: [{ field: "Idempotency-Key" }] },
      });
  });

  test("is the client's own: another person and another agency have their own", async () => {
    const [key, wanted] = [name(), group()];
    expect(await post(boss, "/v1/groups", wanted, key)).toMatchObject({ status: 201 });
    expect(await post(other, "/v1/groups", wanted, key)).toMatchObject({ status: 409, isReplayed: false });
    expect(await post(stranger, "/v1/groups", wanted, key)).toMatchObject({ status: 404, isReplayed: false });
  });

  test("what was decided is the same again; what was refused before may be asked again", async () => {
    const [key, wanted] = [name(), { alias: `a${++count}@${domain}`, target: `late${count}@${domain}` }];
    expect(await post(boss, "/v1/aliases", wanted, key)).toMatchObject({ status: 404, isReplayed: false });
    expect(await post(boss, "/v1/aliases", wanted, key)).toMatchObject({ status: 404, isReplayed: true });
    const malformed = name();
    expect(await post(boss, "/v1/groups", { address: 1 }, malformed)).toMatchObject({ status: 400 });
    expect(await post(boss, "/v1/groups", group(), malformed)).toMatchObject({ status: 201 });
  });

  test("gives nothing to who may not ask any more", async () => {
    const clerk = await administrator(domain);
    const [key, wanted] = [name(), { label: `bot ${name()}`, permissions: ["overview:read"] }];
    expect(await post(clerk, "/v1/api-keys", wanted, key)).toMatchObject({ status: 201 });
    await inTenant((tx) => revokeRole(tx, clerk.principal.accountId, "admin"));
    expect(await post(clerk, "/v1/api-keys", wanted, key)).toMatchObject({ status: 403 });
  });

  test("many at once are done once", async () => {
    const [key, wanted] = [name(), group()];
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(boss, "/v1/groups", wanted, key)));
    const statuses = answers.map((one) => one.status);
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
    expect(statuses).toContain(201);
    expect(await audited(wanted.address)).toBe(1);
    const late = answers.find((one) => one.status === 409);
    expect(late ?? { body: { code: "request_in_progress" }, retryAfter: "1" }).toMatchObject({
      body: { code: "request_in_progress" },
      retryAfter: expect.stringMatching(/^\d+$/),
    });
    expect(await post(boss, "/v1/groups", wanted, key)).toMatchObject({ status: 201, isReplayed: true });
  });

  test("is forgotten after a day", async () => {
    const [key, wanted] = [name(), group()];
    expect(await post(boss, "/v1/groups", wanted, key)).toMatchObject({ status: 201 });
    await age("25 hours");
    expect(await post(boss, "/v1/groups", wanted, key)).toMatchObject({ status: 409, isReplayed: false });
    await age("25 hours");
    expect(await left()).not.toEqual([]);
    const before = Date.now() - 86_400_000;
    await edge.runtime.store.db.system("a test", (tx) => purgeRequests(tx, before));
    expect(await left()).toEqual([]);
  });
});

describe("the process dies in between", () => {
  test("the same request has to wait, and is then done", async () => {
    const [key, wanted] = [name(), group()];
    await leave("/v1/groups", wanted, key);
    const early = await post(boss, "/v1/groups", wanted, key);
    expect(early).toMatchObject({ status: 409, body: { code: "request_in_progress" } });
    expect(Number(early.retryAfter)).toBeGreaterThan(30);
    expect(await post(boss, "/v1/groups", group(), key)).toMatchObject({ status: 422 });
    await age("61 seconds");
    expect(await post(boss, "/v1/groups", wanted, key)).toMatchObject({ status: 201, isReplayed: false });
    expect(await post(boss, "/v1/groups", wanted, key)).toMatchObject({ status: 201, isReplayed: true });
  });

  test("after the commit: the answer stands with what it tells of, and nothing is made twice", async () => {
    const { db } = edge.runtime.store;
    const { tenantId, accountId: actor } = boss.principal;
    const [key, wanted] = [name(), { label: `bot ${name()}`, permissions: ["overview:read"] }];
    const [keyHash, fingerprint] = await Promise.all([
      sha256(key),
      sha256(`POST /v1/api-keys\n${JSON.stringify(wanted)}`),
    ]);
    const begun = await beginOnce(edge.runtime.tenancy, tenantId, { actor, keyHash }, fingerprint);
    const run = "run" in begun ? begun.run : undefined;
    const body = new Uint8Array(new TextEncoder().encode('{"made":1}'));
    // As the route does it; the process ends before it has said anything.
    const keep = await run?.seal({ status: 201, contentType: "application/json", body });
    await db.tenant(tenantId, async (tx) => keep?.(tx));
    await age("61 seconds");
    expect(await post(boss, "/v1/api-keys", wanted, key)).toMatchObject({
      status: 201,
      body: { made: 1 },
      isReplayed: true,
    });
    expect(await audited(wanted.label)).toBe(0);
  });

  test("one that was only slow commits nothing after another has taken over", async () => {
    const { tenantId, accountId: actor } = boss.principal;
    const keyHash = await sha256(name());
    const request = { actor, keyHash };
    const [slow, next] = [name(), name()];
    const begin = (run: string, now: number): Promise<boolean> =>
      edge.runtime.store.db.tenant(tenantId, (tx) =>
        beginRequest(tx, request, {
          fingerprint: keyHash,
          run,
          now,
          silentSince: now - 60_000,
          oldSince: now - 86_400_000,
        }),
      );
    const now = Date.now();
    expect(await begin(slow, now - 61_000)).toBe(true);
    expect(await begin(next, now)).toBe(true);
    expect(await begin(name(), now)).toBe(false);
    const answer = { status: 201, contentType: "", tenantKeyId: slow, wrappedKey: keyHash };
    await expect(inTenant((tx) => answerRequest(tx, request, slow, answer))).rejects.toMatchObject({
      code: "request_in_progress",
    });
    await inTenant((tx) => answerRequest(tx, request, next, answer));
  });
});
