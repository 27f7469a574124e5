import { afterAll, beforeAll, expect, test } from "vitest";
import type { DkimStatus } from "../../src/contract/dkim.ts";
import { addDomain } from "../../src/tenants/index.ts";
import { insertRole } from "../../src/tenants/account.store.ts";
import { type Person, startEdge, type TestEdge, unique } from "./support/test-edge.ts";

let edge: TestEdge;
let admin: Person;
let domain: string;
let slug: string;
beforeAll(async () => {
  edge = await startEdge();
  ({ slug, domain } = await edge.tenant());
  admin = await newAdmin(domain);
});
afterAll(() => edge[Symbol.asyncDispose]());

async function newAdmin(of: string): Promise<Person> {
  const person = await edge.person(of);
  const { tenantId, accountId } = person.principal;
  await edge.runtime.store.db.tenant(tenantId, (tx) => insertRole(tx, accountId, "admin"));
  return person;
}

const status = async (of: string, as = admin): Promise<DkimStatus> =>
  (await as.fetch(`/v1/domains/${of}/dkim`)).json<DkimStatus>();

test("a domain that is asked about gets its keys, and tells which records to enter once", async () => {
  const first = await status(domain);
  expect(first.status).toBe("waiting");
  expect(first.keys.map(({ selector, algorithm, state }) => [selector, algorithm, state])).toEqual([
    ["ang1r", "rsa", "published"],
    ["ang1e", "ed25519", "published"],
  ]);
  expect(first.records).toEqual(
    ["ang1r", "ang1e", "ang2r", "ang2e"].map((selector) => ({
      name: `${selector}._domainkey.${domain}`,
      type: "CNAME",
      value: `${selector}.${domain}._domainkey.hosted.test`,
    })),
  );
  expect(first.recommended.map((record) => record.value)).toEqual([
    "v=DMARC1; p=none; rua=mailto:dmarc@reports.hosted.test",
    "v=TLSRPTv1; rua=mailto:tls@reports.hosted.test",
  ]);
  expect(await status(domain.toUpperCase())).toEqual(first);
  expect(JSON.stringify(first)).not.toMatch(/private|wrapped|pkcs/i);
});

test("a domain below our own zone needs no records of anybody", async () => {
  const hosted = `${unique()}.hosted.test`;
  await addDomain(edge.runtime.tenancy, slug, hosted, true);
  expect(await status(hosted)).toMatchObject({ status: "waiting", records: [] });
});

test("a domain that is not proven has no keys", async () => {
  const claimed = `${unique()}.test`;
  await addDomain(edge.runtime.tenancy, slug, claimed, false);
  expect(await status(claimed)).toMatchObject({ status: "not_proven", keys: [] });
});

const rotate = (of: string, body: unknown = {}, as = admin): Promise<Response> =>
  as.fetch(`/v1/domains/${of}/dkim/rotate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
const states = (of: DkimStatus) => of.keys.map((one) => [one.selector, one.state, one.urgent]);

test("keys that may be in other hands get successors at once, and the audit log says who asked", async () => {
  const other = `${unique()}.test`;
  await addDomain(edge.runtime.tenancy, slug, other, true);
  await status(other);
  // Nobody has seen the first keys: the next keys are these.
  expect((await rotate(other)).status).toBe(202);
  expect(states(await status(other))).toEqual([
    ["ang1r", "published", true],
    ["ang1e", "published", true],
  ]);
  const now = await (await rotate(other, { unseen: true })).json<DkimStatus>();
  expect(states(now)).toEqual([
    ["ang1r", "active", true],
    ["ang1e", "active", true],
  ]);
  expect(states(await (await rotate(other)).json<DkimStatus>())).toEqual([
    ["ang1r", "active", true],
    ["ang2r", "published", true],
    ["ang1e", "active", true],
    ["ang2e", "published", true],
  ]);
  expect(states(await (await rotate(other, { unseen: true })).json<DkimStatus>())).toEqual([
    ["ang1r", "revoked", true],
    ["ang2r", "active", true],
    ["ang1e", "revoked", true],
    ["ang2e", "active", true],
  ]);
  const { tenantId } = admin.principal;
  const log = await edge.runtime.store.db.tenant(
    tenantId,
    (tx) => tx<{ actor: string; detail: unknown }[]>`
      select actor, detail from audit_log
      where tenant_id = ${tx.tenantId} and action = 'dkim.rotate_now' and subject = ${other} order by at`,
  );
  expect(log.map((one) => one.detail)).toEqual([
    { unseen: false },
    { unseen: true },
    { unseen: false },
    { unseen: true },
  ]);
  expect(new Set(log.map((one) => one.actor))).toEqual(new Set([admin.address]));
});

test("a rotation at once of nonsense, of others' domains, and by people without the role is refused", async () => {
  expect((await rotate("no%20domain")).status).toBe(400);
  expect((await rotate(domain, { unseen: "yes" })).status).toBe(400);
  expect((await rotate(domain, { leaked: true })).status).toBe(400);
  expect((await rotate("nowhere.test")).status).toBe(404);
  const claimed = `${unique()}.test`;
  await addDomain(edge.runtime.tenancy, slug, claimed, false);
  expect((await rotate(claimed)).status).toBe(404);
  const before = await status(domain);
  const stranger = await newAdmin((await edge.tenant()).domain);
  expect((await rotate(domain, { unseen: true }, stranger)).status).toBe(404);
  const plain = await edge.person(domain);
  expect((await rotate(domain, { unseen: true }, plain)).status).toBe(403);
  expect(await status(domain)).toEqual(before);
});

test("nonsense, the domains of others, and people without the role are refused", async () => {
  expect((await admin.fetch("/v1/domains/no%20domain/dkim")).status).toBe(400);
  expect((await admin.fetch("/v1/domains/nowhere.test/dkim")).status).toBe(404);
  const stranger = await newAdmin((await edge.tenant()).domain);
  expect((await stranger.fetch(`/v1/domains/${domain}/dkim`)).status).toBe(404);
  const plain = await edge.person(domain);
  expect((await plain.fetch(`/v1/domains/${domain}/dkim`)).status).toBe(403);
});
