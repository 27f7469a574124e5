import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DomainDetail, DomainPage, PrimaryChanged } from "../../src/contract/domains.ts";
import { insertAlias } from "../../src/tenants/alias.store.ts";
import { insertRole } from "../../src/tenants/account.store.ts";
import { grantRole } from "../../src/tenants/role.store.ts";
import { signIn } from "../../src/tenants/index.ts";
import { PASSWORD, type Person, startEdge, type TestEdge, unique } from "./support/test-edge.ts";

let edge: TestEdge;
let boss: Person;
let helper: Person;
let stranger: Person;
beforeAll(async () => {
  edge = await startEdge();
  const { domain } = await edge.tenant();
  boss = await administrator(domain);
  helper = await edge.person(domain);
  await edge.runtime.store.db.tenant(helper.principal.tenantId, (tx) =>
    grantRole(tx, helper.principal.accountId, "help_desk", { by: "a test" }),
  );
  stranger = await administrator((await edge.tenant()).domain);
});
afterAll(() => edge[Symbol.asyncDispose]());

async function administrator(of: string): Promise<Person> {
  const person = await edge.person(of);
  const { tenantId, accountId } = person.principal;
  await edge.runtime.store.db.tenant(tenantId, (tx) => insertRole(tx, accountId, "admin"));
  return person;
}

async function call(
  person: Person,
  method: string,
  path: string,
  value?: unknown,
): Promise<{ status: number; body: unknown }> {
  const res = await person.fetch(path, {
    method,
    ...(value === undefined
      ? {}
      : { body: JSON.stringify(value), headers: { "content-type": "application/json" } }),
  });
  const text = await res.text();
  const isJson = (res.headers.get("content-type") ?? "").includes("json");
  return { status: res.status, body: isJson ? JSON.parse(text) : text };
}

const status = async (...args: Parameters<typeof call>): Promise<number> => (await call(...args)).status;
const fieldsOf = (body: unknown): unknown =>
  typeof body === "object" && body !== null && "errors" in body ? body.errors : undefined;
const audited = (person: Person, action: string, subject: string): Promise<number> =>
  edge.runtime.store.db.tenant(person.principal.tenantId, async (tx) => {
    const rows =
      await tx`select 1 from audit_log where tenant_id = ${tx.tenantId} and action = ${action} and subject = ${subject}`;
    return rows.length;
  });
const claim = async (person: Person, name = `${unique()}.example.test`): Promise<string> => {
  expect(await status(person, "POST", "/v1/domains", { name })).toBe(201);
  return name;
};
const prove = (person: Person, name: string): Promise<unknown> =>
  edge.runtime.store.db.tenant(
    person.principal.tenantId,
    (tx) => tx`update domains set proven_at = now() where tenant_id = ${tx.tenantId} and name = ${name}`,
  );

describe("claims", () => {
  test("a domain is claimed, listed, read and given up", async () => {
    const name = `${unique()}.example.test`;
    const made = await call(boss, "POST", "/v1/domains", { name: ` https://${name.toUpperCase()}/ ` });
    expect(made.status).toBe(201);
    const detail = DomainDetail.parse(made.body);
    expect(detail).toMatchObject({ name, state: "unproven", problems: 0, isPrimary: false, addresses: 0 });
    // Nobody has looked: the records are there all the same, so that a page can show them.
    expect(detail.records.map((one) => `${one.id} ${one.state}`)).toEqual([
      "mx unknown",
      "spf unknown",
      "dkim:ang1r unknown",
      "dkim:ang2r unknown",
      "dmarc unknown",
      "dkim:ang1e unknown",
      "dkim:ang2e unknown",
      "tls_rpt unknown",
    ]);
    const listed = DomainPage.parse((await call(boss, "GET", "/v1/domains")).body);
    expect(listed.items.map((one) => one.name)).toContain(name);
    expect(await call(boss, "GET", `/v1/domains/${name}`)).toMatchObject({ status: 200, body: { name } });
    expect(await status(boss, "POST", "/v1/domains", { name })).toBe(409);
    expect(await status(boss, "DELETE", `/v1/domains/${name}`)).toBe(204);
    expect(await status(boss, "GET", `/v1/domains/${name}`)).toBe(404);
    expect(await audited(boss, "domain.claim", name)).toBe(1);
    expect(await audited(boss, "domain.remove", name)).toBe(1);
  });

  test("names of one's own script are taken, and shown as they are written", async () => {
    const label = unique();
    const made = await call(boss, "POST", "/v1/domains", { name: `δήμος-${label}.ελ` });
    const { name, displayName } = DomainDetail.parse(made.body);
    expect(name).toMatch(/^xn--[a-z0-9-]+\.xn--qxam$/);
    expect(displayName).toBe(`δήμος-${label}.ελ`);
    expect(await status(boss, "GET", `/v1/domains/${encodeURIComponent(`δήμος-${label}.ελ`)}`)).toBe(200);
  });

  test.for([
    ["", "too_short"],
    ["no domain", "malformed"],
    ["192.0.2.1", "malformed"],
    ["-a.gr", "malformed"],
    ["com", "public_suffix"],
    ["gov.gr", "public_suffix"],
    ["github.io", "public_suffix"],
    ["mail.local", "reserved"],
    ["hosted.test", "reserved"],
    ["other.hosted.test", "reserved"],
  ])("%s is refused: %s", async ([name, code]) => {
    const { status: got, body } = await call(boss, "POST", "/v1/domains", { name });
    expect(got).toBe(400);
    expect(fieldsOf(body)).toMatchObject([{ field: "name", code }]);
  });

  test("a list is read in pages", async () => {
    for (let i = 0; i < 3; i++) await claim(stranger);
    const first = DomainPage.parse((await call(stranger, "GET", "/v1/domains?limit=2")).body);
    expect(first.items).toHaveLength(2);
    const second = DomainPage.parse(
      (await call(stranger, "GET", `/v1/domains?limit=200&cursor=${first.nextCursor}`)).body,
    );
    expect(second.nextCursor).toBeNull();
    const names = [...first.items, ...second.items].map((one) => one.name);
    expect(names).toEqual([...new Set(names)].toSorted());
    expect(await status(stranger, "GET", "/v1/domains?cursor=x")).toBe(400);
  });

  test("a domain that addresses are in is not given up", async () => {
    const own = boss.address.slice(boss.address.indexOf("@") + 1);
    expect(await call(boss, "DELETE", `/v1/domains/${own}`)).toMatchObject({
      status: 409,
      body: { code: "domain_in_use", addresses: 2 },
    });
  });

  test("two agencies may claim one domain, and neither hears of the other", async () => {
    const name = await claim(boss);
    const theirs = await call(stranger, "POST", "/v1/domains", { name });
    expect(theirs.status).toBe(201);
    expect(DomainDetail.parse(theirs.body).contest).toBeNull();
  });
});

describe("what a domain says", () => {
  test("the policies are changed, and what is not known is refused", async () => {
    const name = await claim(boss);
    const path = `/v1/domains/${name}`;
    const changed = await call(boss, "PATCH", path, { dmarcPolicy: "quarantine", mtaSts: "enforce" });
    expect(changed).toMatchObject({ status: 200, body: { dmarcPolicy: "quarantine", mtaSts: "enforce" } });
    expect(await call(boss, "PATCH", path, { dmarcPolicy: "reject" })).toMatchObject({
      body: { dmarcPolicy: "reject", mtaSts: "enforce" },
    });
    const refused = await call(boss, "PATCH", path, { dmarcPolicy: "perhaps" });
    expect(refused.status).toBe(400);
    expect(fieldsOf(refused.body)).toMatchObject([{ field: "dmarcPolicy" }]);
    expect(await audited(boss, "domain.change", name)).toBe(2);
  });

  test("the zone file has what is to be entered", async () => {
    const name = await claim(boss);
    const { status: got, body } = await call(boss, "GET", `/v1/domains/${name}/zone`);
    expect(got).toBe(200);
    expect(body).toContain(`${name}. 3600 IN MX 10 mail.hosted.test.\n`);
    expect(body).toContain(`${name}. 3600 IN TXT "v=spf1 include:_spf.hosted.test ~all"\n`);
    expect(body).toContain(`ang1r._domainkey.${name}. 3600 IN CNAME ang1r.${name}._domainkey.hosted.test.\n`);
    expect(body).toMatch(/\n_dmarc\.[^ ]+ 3600 IN CNAME [0-9a-f]{32}\._dmarc\.hosted\.test\.\n/);
  });

  test("the letter to the DNS person goes out from who asks, and not more than five times a day", async () => {
    const name = await claim(boss);
    const path = `/v1/domains/${name}/instructions`;
    const wanted = { to: helper.address, locale: "el", note: "Γεια σου Νίκο" };
    expect(await status(boss, "POST", path, wanted)).toBe(202);
    const { ids } = await helper.call("Email/query", { filter: { subject: name } });
    const { list } = await helper.call("Email/get", {
      ids,
      properties: ["from", "subject", "textBody", "bodyValues"],
      fetchTextBodyValues: true,
    });
    expect(list).toHaveLength(1);
    expect(list[0].from).toMatchObject([{ email: boss.address }]);
    const [part] = list[0].textBody;
    const text: string = list[0].bodyValues[part.partId].value;
    expect(text).toContain("Γεια σου Νίκο");
    expect(text).toContain(`ang1r.${name}._domainkey.hosted.test`);
    expect(text).toContain("v=spf1 include:_spf.hosted.test ~all");
    for (let i = 0; i < 4; i++) expect(await status(boss, "POST", path, wanted)).toBe(202);
    expect(await status(boss, "POST", path, wanted)).toBe(429);
    const refused = await call(boss, "POST", path, { to: "nobody" });
    expect(refused.status).toBe(400);
    expect(fieldsOf(refused.body)).toMatchObject([{ field: "to" }]);
  });

  test("the policy file is there by the name of the host, once mail comes here", async () => {
    const name = await claim(boss);
    const file = async (host: string): Promise<string | number> => {
      const res = await edge.fetch("/.well-known/mta-sts.txt", { headers: { host } }, "192.0.2.7");
      return res.status === 200 ? res.text() : res.status;
    };
    // A proxy that ends TLS hands the name on; fetch of a test may not set it, so the header is looked at where it can be.
    const probe = await edge.fetch("/.well-known/mta-sts.txt");
    expect(probe.status).toBe(404);
    expect(await file(`mta-sts.${name}`)).toBe(404);
  });
});

describe("ways to enter the records", () => {
  test("all providers are there with their fields, and what is not offered is not", async () => {
    const name = await claim(boss);
    const { ways } = DomainDetail.parse((await call(boss, "GET", `/v1/domains/${name}`)).body);
    expect(ways.domainConnect).toBeNull();
    expect(ways.delegation).toBeNull();
    expect(ways.token.providers.map((one) => [one.name, one.fields.length])).toEqual([
      ["cloudflare", 1],
      ["ovh", 4],
      ["gandi", 1],
      ["desec", 1],
      ["hetzner", 1],
      ["rfc2136", 4],
    ]);
  });

  test("a provider that does not do Domain Connect has no link", async () => {
    const name = await claim(boss);
    const path = `/v1/domains/${name}/domain-connect`;
    expect(await call(boss, "POST", path, {})).toMatchObject({
      status: 409,
      body: { code: "domain_connect_unknown" },
    });
    expect(await status(boss, "POST", path, { mx: "perhaps" })).toBe(400);
  });

  test.for(["plan", "apply"])("%s: what is missing of the credentials is named", async (verb) => {
    const name = await claim(boss);
    const path = `/v1/domains/${name}/${verb}`;
    const rest = verb === "apply" ? { fingerprint: "x" } : {};
    const refused = await call(boss, "POST", path, {
      provider: "ovh",
      credentials: { applicationKey: "a" },
      ...rest,
    });
    expect(refused.status).toBe(400);
    expect(fieldsOf(refused.body)).toMatchObject([
      { field: "credentials.applicationSecret", code: "required" },
    ]);
    const unknown = await call(boss, "POST", path, { provider: "nobody", credentials: {}, ...rest });
    expect(unknown.status).toBe(400);
    expect(fieldsOf(unknown.body)).toMatchObject([{ field: "provider" }]);
  });

  test("the template for providers is there for everybody", async () => {
    const res = await edge.fetch("/domain-connect/template.json");
    expect(res.status).toBe(200);
    expect(await res.json()).toMatchObject({
      providerId: "hosted.test",
      serviceId: "mail",
      syncPubKeyDomain: "hosted.test",
      records: expect.arrayContaining([
        { groupId: "core", type: "SPFM", host: "@", spfRules: "include:_spf.hosted.test" },
        { groupId: "core", type: "CNAME", host: "_dmarc", pointsTo: "%token%._dmarc.hosted.test", ttl: 3600 },
      ]),
    });
  });
});

describe("the own domain becomes the address of everybody", () => {
  test("people get their name in it, keep what they had, and sign in with both", async () => {
    const { domain } = await edge.tenant();
    const admin = await administrator(domain);
    const person = await edge.person(domain);
    const local = person.address.split("@")[0] ?? "";
    const name = await claim(admin);
    expect(await call(admin, "POST", `/v1/domains/${name}/primary`)).toMatchObject({
      status: 409,
      body: { code: "domain_unproven" },
    });
    await prove(admin, name);
    const done = await call(admin, "POST", `/v1/domains/${name}/primary`);
    expect(PrimaryChanged.parse(done.body)).toEqual({ domain: name, people: 2, unchanged: 0, taken: [] });
    // Called again, it finds nothing to do.
    expect((await call(admin, "POST", `/v1/domains/${name}/primary`)).body).toMatchObject({
      people: 0,
      unchanged: 2,
    });
    for (const address of [person.address, `${local}@${name}`]) {
      const principal = await signIn(edge.runtime.tenancy, address, PASSWORD, "web");
      expect(principal.accountId).toBe(person.principal.accountId);
    }
    const [identity] = (await person.call("Identity/get"))["list"];
    expect(identity.email).toBe(`${local}@${name}`);
    expect(DomainDetail.parse((await call(admin, "GET", `/v1/domains/${name}`)).body)).toMatchObject({
      isPrimary: true,
      addresses: 2,
    });
    expect(await audited(admin, "domain.primary", name)).toBe(2);
  });

  test("who would get an address that somebody else has keeps theirs", async () => {
    const { domain } = await edge.tenant();
    const admin = await administrator(domain);
    const [one, other] = [await edge.person(domain, { local: "maria" }), await edge.person(domain)];
    const name = await claim(admin);
    await prove(admin, name);
    const { tenantId, accountId } = other.principal;
    const target = { address: other.address, accountId, groupId: null, written: null };
    await edge.runtime.store.db.tenant(tenantId, (tx) => insertAlias(tx, `maria@${name}`, target));
    const done = await call(admin, "POST", `/v1/domains/${name}/primary`);
    expect(done.body).toMatchObject({
      people: 2,
      taken: [{ address: one.address, wanted: `maria@${name}` }],
    });
  });
});

describe("who may", () => {
  const routes = [
    ["GET", ""],
    ["PATCH", "", { dmarcPolicy: "none" }],
    ["DELETE", ""],
    ["POST", "/check"],
    ["GET", "/zone"],
    ["POST", "/instructions", { to: "dns@elsewhere.test" }],
    ["POST", "/domain-connect", {}],
    ["POST", "/plan", { provider: "gandi", credentials: { token: "x" } }],
    ["POST", "/apply", { provider: "gandi", credentials: { token: "x" }, fingerprint: "x" }],
    ["POST", "/primary"],
  ] as const;

  test.for(routes)("another agency finds nothing: %s %s", async ([method, rest, value]) => {
    const name = await claim(boss);
    expect(await status(stranger, method, `/v1/domains/${name}${rest}`, value)).toBe(404);
    expect(await status(stranger, method, `/v1/domains/no%20domain${rest}`, value)).toBe(404);
    const listed = DomainPage.parse((await call(stranger, "GET", "/v1/domains?limit=200")).body);
    expect(listed.items.map((one) => one.name)).not.toContain(name);
  });

  test("a help desk looks and changes nothing; who has no role does not even look", async () => {
    const name = await claim(boss);
    expect(await status(helper, "GET", "/v1/domains")).toBe(200);
    expect(await status(helper, "GET", `/v1/domains/${name}`)).toBe(200);
    expect(await status(helper, "POST", "/v1/domains", { name: "x.example.test" })).toBe(403);
    for (const [method, rest, value] of routes.filter(([verb, path]) => verb !== "GET" && path !== "/check"))
      expect(await status(helper, method, `/v1/domains/${name}${rest}`, value)).toBe(403);
    const nobody = await edge.person(boss.address.slice(boss.address.indexOf("@") + 1));
    expect(await status(nobody, "GET", "/v1/domains")).toBe(403);
    expect(await status(nobody, "GET", `/v1/domains/${name}`)).toBe(403);
    expect(await status(nobody, "POST", `/v1/domains/${name}/check`)).toBe(403);
  });
});
