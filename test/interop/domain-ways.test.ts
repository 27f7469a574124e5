import { beforeEach, describe, expect, test } from "vitest";
import type { Plan, PlanRequest } from "../../src/contract/domains.ts";
import { openDynamicWith } from "../../smtp-relay/domains/dynamic-zone.ts";
import { fetchPublicWith } from "../../smtp-relay/domains/fetch-public.ts";
import { isPublicAddress } from "../../smtp-relay/domains/public-address.ts";
import { updateZone } from "../../smtp-relay/signing/dns-update.ts";
import {
  applyPlan,
  checkNow,
  claimDomain,
  connectKeyTexts,
  connectTemplate,
  domainConnectLink,
  planDomain,
} from "../../src/domains/index.ts";
import { ensureHouse } from "../../src/tenants/index.ts";
import { newAuthority } from "../support/certificates.ts";
import { KeptZone } from "../support/dns-providers/kept-zone.ts";
import { startCloudflare, TOKEN } from "../support/dns-providers/cloudflare.ts";
import { startConnectProvider } from "../support/dns-providers/domain-connect.ts";
import { openOwnDomains, type OwnDomainWorld } from "../support/own-domain-world.ts";
import { needs } from "../support/programs.ts";

beforeEach((context) => needs(context, "named", "nsupdate", "openssl"));

const DOMAIN = "agency.test";
const OLD = [
  "@ 60 IN MX 5 mail.old.test.",
  '@ 60 IN TXT "v=spf1 ip4:192.0.2.7 -all"',
  '@ 60 IN TXT "verification=1"',
  'ang2e._domainkey 60 IN TXT "somebody else put this here"',
  "autoconfig 60 IN CNAME old.test.",
].join("\n");
const HOSTED = `_spf 60 IN TXT "v=spf1 ip4:192.0.2.1 -all"\nmx 60 IN A 192.0.2.1`;

const changer = (world: OwnDomainWorld) => ({ tenantId: world.first, actor: "clerk@first.hosted.test" });
const summary = ({ steps }: Plan): Record<string, string> =>
  Object.fromEntries(
    steps.map((one) => [one.recordId, one.reason === null ? one.action : `${one.action}: ${one.reason}`]),
  );

async function openDynamicWorld() {
  const world = await openOwnDomains(
    { "hosted.test": HOSTED, [DOMAIN]: OLD },
    { webHost: "web.hosted.test" },
  );
  const { clock } = world.platform.store;
  const providers = {
    call: fetch,
    clock,
    openDynamic: openDynamicWith({
      resolvers: [{ host: "127.0.0.1", port: world.bind.port }],
      privateHosts: true,
      clock,
    }),
  };
  const domains = { ...world.domains, providers };
  await claimDomain(domains, changer(world), DOMAIN);
  const { name: keyName, algorithm, secret } = world.bind.key;
  const request: PlanRequest = {
    provider: "rfc2136",
    credentials: { server: `127.0.0.1:${world.bind.port}`, keyName, algorithm, secret },
    optional: true,
    mx: false,
  };
  return { world, domains, request, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

async function openConnectWorld({ isKnown }: { readonly isKnown: boolean }) {
  await using stack = new AsyncDisposableStack();
  const authority = stack.use(newAuthority());
  const world = stack.use(
    await openOwnDomains({
      "hosted.test": HOSTED,
      "provider.test": "dc 60 IN A 127.0.0.1\napi 60 IN A 127.0.0.1",
      [DOMAIN]: '_domainconnect 60 IN TXT "dc.provider.test"',
    }),
  );
  const resolvers = [{ host: "127.0.0.1", port: world.bind.port }];
  await ensureHouse(world.platform.tenancy, "mx.hosted.test", "noreply-dmarc");
  const provider = stack.use(
    await startConnectProvider({
      certificate: authority.issue(["dc.provider.test", "api.provider.test"]),
      domain: DOMAIN,
      template: isKnown ? connectTemplate(world.domains.settings) : undefined,
      dnsPort: world.bind.port,
    }),
  );
  const fetchPublic = fetchPublicWith({
    resolvers,
    privateHosts: true,
    ca: [authority.pem],
    port: provider.port,
  });
  const domains = { ...world.domains, fetchPublic };
  await claimDomain(domains, changer(world), DOMAIN);
  const opened = stack.move();
  return {
    world,
    domains,
    provider,
    resolvers,
    authority,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

describe("signed updates (RFC 2136) to a BIND of the customer", () => {
  test("a plan says what would change; applied, the domain is proven and its mail goes where it went", async () => {
    await using setting = await openDynamicWorld();
    const { world, domains, request } = setting;
    const plan = await planDomain(domains, changer(world), DOMAIN, request);
    expect(plan.zone).toBe(DOMAIN);
    expect(summary(plan)).toEqual({
      mx: "leave: mx_later",
      spf: "change",
      "dkim:ang1r": "add",
      "dkim:ang2r": "add",
      dmarc: "add",
      "dkim:ang1e": "add",
      "dkim:ang2e": "leave: in_the_way",
      mta_sts: "add",
      mta_sts_policy: "add",
      tls_rpt: "add",
      autoconfig: "change",
      autodiscover: "add",
    });
    const spf = plan.steps.find((one) => one.recordId === "spf");
    expect(spf?.after.toSorted()).toEqual([
      "v=spf1 ip4:192.0.2.7 include:_spf.hosted.test -all",
      "verification=1",
    ]);
    // Nothing has changed by it.
    expect(await planDomain(domains, changer(world), DOMAIN, request)).toEqual(plan);

    const changed = await applyPlan(domains, changer(world), DOMAIN, {
      ...request,
      fingerprint: plan.fingerprint,
    });
    expect(changed).toBe(10);
    const detail = await world.detail(world.first, DOMAIN);
    expect(detail.state).toBe("proven");
    expect(detail.records.filter((one) => one.state !== "found").map((one) => one.id)).toEqual([
      "mx",
      "dkim:ang2e",
    ]);
    const again = await planDomain(domains, changer(world), DOMAIN, { ...request, mx: true });
    expect(Object.entries(summary(again)).filter(([, step]) => step !== "keep")).toEqual([
      ["mx", "change"],
      ["dkim:ang2e", "leave: in_the_way"],
    ]);
    expect(again.steps[0]).toMatchObject({ before: ["5 mail.old.test"], after: ["10 mx.hosted.test"] });
    await applyPlan(domains, changer(world), DOMAIN, {
      ...request,
      mx: true,
      fingerprint: again.fingerprint,
    });
    expect((await world.detail(world.first, DOMAIN)).state).toBe("live");
    expect(await world.audit(world.first, DOMAIN)).toEqual([
      "domain.claim",
      "domain.apply",
      "domain.prove",
      "domain.apply",
    ]);
  });

  test("what changed meanwhile is not overwritten, and a wrong key is refused", async () => {
    await using setting = await openDynamicWorld();
    const { world, domains, request } = setting;
    const plan = await planDomain(domains, changer(world), DOMAIN, request);
    await world.nsupdate(`update add ${DOMAIN} 60 TXT "new-verification=2"`);
    await expect(
      applyPlan(domains, changer(world), DOMAIN, { ...request, fingerprint: plan.fingerprint }),
    ).rejects.toMatchObject({ code: "plan_changed" });
    const wrong = {
      ...request,
      credentials: { ...request.credentials, secret: btoa("another secret, and of 32 octets") },
    };
    const seen = await planDomain(domains, changer(world), DOMAIN, wrong);
    await expect(
      applyPlan(domains, changer(world), DOMAIN, { ...wrong, fingerprint: seen.fingerprint }),
    ).rejects.toMatchObject({ code: "dns_provider_refused" });
    const gone = { ...request, credentials: { ...request.credentials, server: "127.0.0.1:9" } };
    await expect(planDomain(domains, changer(world), DOMAIN, gone)).rejects.toMatchObject({
      code: "dns_provider_unavailable",
    });
    const elsewhere = { ...request, credentials: { ...request.credentials, server: "no server at all" } };
    await expect(planDomain(domains, changer(world), DOMAIN, elsewhere)).rejects.toMatchObject({
      code: "dns_provider_refused",
    });
  });

  test("a server inside is not told by whoever names it", async () => {
    await using setting = await openDynamicWorld();
    const { world, request } = setting;
    const { clock } = world.platform.store;
    const resolvers = [{ host: "127.0.0.1", port: world.bind.port }];
    const openDynamic = openDynamicWith({ resolvers, privateHosts: false, clock });
    const domains = { ...world.domains, providers: { call: fetch, clock, openDynamic } };
    for (const server of [
      `127.0.0.1:${world.bind.port}`,
      "127.0.0.1",
      "[::1]:53",
      "10.0.0.1",
      `ns.${DOMAIN}`,
      "192.0.2.1:25",
    ]) {
      const asked = { ...request, credentials: { ...request.credentials, server } };
      await expect(planDomain(domains, changer(world), DOMAIN, asked)).rejects.toMatchObject({
        code: "dns_provider_refused",
      });
    }
  });
});

test("a token is used and kept nowhere", async () => {
  const zone = new KeptZone(DOMAIN, [{ name: DOMAIN, type: "MX", value: "5 mail.old.test." }]);
  await using server = await startCloudflare(zone);
  await using world = await openOwnDomains({ "hosted.test": HOSTED, [DOMAIN]: OLD });
  const providers = { ...world.domains.providers, bases: { cloudflare: server.base } };
  const domains = { ...world.domains, providers };
  await claimDomain(domains, changer(world), DOMAIN);
  const request = {
    provider: "cloudflare",
    credentials: { token: TOKEN },
    optional: false,
    mx: true,
  } as const;
  const { fingerprint } = await planDomain(domains, changer(world), DOMAIN, request);
  expect(await applyPlan(domains, changer(world), DOMAIN, { ...request, fingerprint })).toBe(5);
  expect(
    zone
      .all()
      .map((one) => `${one.name} ${one.type}`)
      .toSorted(),
  ).toEqual([
    `_dmarc.${DOMAIN} CNAME`,
    `${DOMAIN} MX`,
    `${DOMAIN} TXT`,
    `ang1r._domainkey.${DOMAIN} CNAME`,
    `ang2r._domainkey.${DOMAIN} CNAME`,
  ]);
  const kept = await world.platform.db.tenant(world.first, async (tx) => {
    const rows = await tx`
      select row_to_json(d)::text as row from domains d where tenant_id = ${tx.tenantId}
      union all select row_to_json(a)::text from audit_log a where tenant_id = ${tx.tenantId}`;
    return JSON.stringify(rows);
  });
  expect(kept).toContain(DOMAIN);
  expect(kept).not.toContain(TOKEN);
});

describe("Domain Connect", () => {
  test("a click at the provider enters everything", async () => {
    await using setting = await openConnectWorld({ isKnown: true });
    const { world, domains, provider } = setting;
    expect((await world.detail(world.first, DOMAIN)).ways.domainConnect).toEqual({
      providerName: "The Provider",
      width: 750,
      height: 750,
    });
    const key = { ...world.bind.key, secret: Buffer.from(world.bind.key.secret, "base64") };
    const primary = { host: "127.0.0.1", port: world.bind.port, zone: "hosted.test", key };
    await updateZone(primary, await connectKeyTexts(domains), Date.now);
    const { url, state } = await domainConnectLink(domains, changer(world), DOMAIN, { mx: true });
    const asked = new URL(url);
    expect(`${asked.origin}${asked.pathname}`).toBe(
      "https://dc.provider.test/v2/domainTemplates/providers/hosted.test/services/mail/apply",
    );
    expect(asked.searchParams.get("redirect_uri")).toBe(
      `https://mail.hosted.test/admin/domains/${DOMAIN}?connected=${state}`,
    );
    await expect(provider.approve(url.replace("core%2C", "core%2Cother%2C"))).rejects.toThrow("signature");
    await world.nsupdate(...(await provider.approve(url)));
    world.time.now += 60_000;
    await checkNow(domains, world.first, DOMAIN);
    expect(await world.detail(world.first, DOMAIN)).toMatchObject({ state: "live", problems: 0 });
    expect(await world.audit(world.first, DOMAIN)).toEqual([
      "domain.claim",
      "domain.connect",
      "domain.prove",
    ]);
  });

  test("a provider that does not know our template has no link", async () => {
    await using setting = await openConnectWorld({ isKnown: false });
    const { world, domains, provider } = setting;
    expect(provider.asked).toContain(`/v2/${DOMAIN}/settings`);
    expect((await world.detail(world.first, DOMAIN)).ways.domainConnect).toBeNull();
    await expect(domainConnectLink(domains, changer(world), DOMAIN, { mx: false })).rejects.toMatchObject({
      code: "domain_connect_unknown",
    });
  });

  test("a host inside is not asked, whatever the DNS of a domain says", async () => {
    await using setting = await openConnectWorld({ isKnown: true });
    const { world, domains, provider, resolvers, authority } = setting;
    const before = provider.asked.length;
    const fetchPublic = fetchPublicWith({
      resolvers,
      privateHosts: false,
      ca: [authority.pem],
      port: provider.port,
    });
    await expect(fetchPublic("https://dc.provider.test/v2/agency.test/settings")).rejects.toThrow(
      "no public address",
    );
    for (const url of [
      "http://dc.provider.test/",
      "https://127.0.0.1/",
      "https://[::1]/",
      "https://dc.provider.test:8443/",
      "https://user@dc.provider.test/",
    ])
      await expect(fetchPublic(url)).rejects.toThrow("not an address that may be fetched");
    world.time.now += 60_000;
    await checkNow({ ...domains, fetchPublic }, world.first, DOMAIN);
    expect((await world.detail(world.first, DOMAIN)).ways.domainConnect).toBeNull();
    for (const host of ["127.0.0.1", "localhost", "dc.provider.test/../../x", "a b", "-x.test"]) {
      await world.nsupdate(
        `update delete _domainconnect.${DOMAIN} TXT`,
        `update add _domainconnect.${DOMAIN} 60 TXT "${host}"`,
      );
      world.time.now += 60_000;
      await checkNow(domains, world.first, DOMAIN);
      expect((await world.detail(world.first, DOMAIN)).ways.domainConnect).toBeNull();
    }
    expect(provider.asked).toHaveLength(before);
  });
});

test.for([
  ["192.0.2.1", false],
  ["8.8.8.8", true],
  ["127.0.0.1", false],
  ["10.1.2.3", false],
  ["169.254.169.254", false],
  ["100.64.0.1", false],
  ["0.0.0.0", false],
  ["::1", false],
  ["::ffff:10.0.0.1", false],
  ["fe80::1", false],
  ["fd00::1", false],
  ["64:ff9b::a00:1", false],
  ["2a01:4f8::1", true],
  ["nonsense", false],
] as const)("%s is of the internet: %s", ([address, isPublic]) => {
  expect(isPublicAddress(address)).toBe(isPublic);
});
