import { beforeEach, describe, expect, test } from "vitest";
import type { DomainDetail } from "../../src/contract/domains.ts";
import { checkDomain, claimDomain, delegatedZones, listZoneDomains } from "../../src/domains/index.ts";
import { GRACE_MS } from "../../src/domains/decide-proof.ts";
import { openDomainDnsWith } from "../../smtp-relay/domains/domain-dns.ts";
import { checkDomainsJob } from "../../smtp-relay/jobs/check-domains.ts";
import { nodeResolver } from "../../smtp-relay/delivery/node-resolver.ts";
import { updateZone } from "../../smtp-relay/signing/dns-update.ts";
import { changeDomain } from "../../src/domains/index.ts";
import { newSigning, ROTATION_DEFAULTS, type RotationDeps } from "../../src/signing/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { openOwnDomains, type OwnDomainWorld } from "../support/own-domain-world.ts";
import { needs } from "../support/programs.ts";

beforeEach((context) => needs(context, "named", "nsupdate"));

const DOMAIN = "agency.test";
const CLERK = "clerk@first.hosted.test";
const SELECTORS = ["ang1r", "ang2r", "ang1e", "ang2e"];
/** A name server of the installation, as the customers' CNAMEs find it. */
const HOSTED = `_spf 60 IN TXT "v=spf1 ip4:192.0.2.1 -all"\nmx 60 IN A 192.0.2.1`;

/** All core records but the DMARC one, which has the token. */
const CORE = [
  "@ 60 IN MX 10 mx.hosted.test.",
  '@ 60 IN TXT "v=spf1 include:_spf.hosted.test ~all"',
  ...SELECTORS.map((name) => `${name}._domainkey 60 IN CNAME ${name}.${DOMAIN}._domainkey.hosted.test.`),
  "_smtp._tls 60 IN CNAME _smtp._tls.hosted.test.",
].join("\n");

const states = ({ records }: DomainDetail): Record<string, string> =>
  Object.fromEntries(
    records.map((one) => [one.id, one.problem === null ? one.state : `${one.state}: ${one.problem}`]),
  );
const recordOf = ({ records }: DomainDetail, id: string) => records.find((one) => one.id === id);
const claim = (world: OwnDomainWorld, tenantId: TenantId, name = DOMAIN) =>
  claimDomain(world.domains, { tenantId, actor: CLERK }, name);
/** Looks at it as the job does. */
const look = (world: OwnDomainWorld, tenantId: TenantId, name = DOMAIN) =>
  checkDomain(world.domains, tenantId, name);
const enterToken = async (world: OwnDomainWorld, tenantId: TenantId): Promise<void> =>
  world.nsupdate(
    `update delete _dmarc.${DOMAIN} CNAME`,
    `update add _dmarc.${DOMAIN} 60 CNAME ${await world.token(tenantId, DOMAIN)}._dmarc.hosted.test.`,
  );
const holderOf = async (world: OwnDomainWorld): Promise<TenantId | undefined> => {
  const { rows } = {
    rows: await world.platform.db.system(
      "a test",
      (tx) => tx<{ id: TenantId }[]>`
    select tenant_id as id from domains where name = ${DOMAIN} and proven_at is not null`,
    ),
  };
  return rows[0]?.id;
};

describe("what is there", () => {
  test("all records right: the domain is proven by the DMARC record, and live", async () => {
    await using world = await openOwnDomains({ "hosted.test": HOSTED, [DOMAIN]: CORE });
    await claim(world, world.first);
    const before = await world.detail(world.first, DOMAIN);
    expect(before).toMatchObject({ state: "unproven", exists: true, problems: 1 });
    expect(before.provider).toMatchObject({ id: null, nameServers: [`ns.${DOMAIN}`] });
    expect(recordOf(before, "dmarc")).toMatchObject({ state: "missing", action: "add", host: "_dmarc" });
    expect(recordOf(before, "proof")).toBeUndefined();

    await enterToken(world, world.first);
    await look(world, world.first);
    const after = await world.detail(world.first, DOMAIN);
    expect(after).toMatchObject({ state: "live", problems: 0, contest: null });
    expect(new Set(Object.values(states(after)))).toEqual(new Set(["found"]));
    expect(await world.audit(world.first, DOMAIN)).toEqual(["domain.claim", "domain.prove"]);
    expect(await holderOf(world)).toBe(world.first);
    // What is right is looked at every few hours, and not each minute.
    expect(Date.parse(after.nextCheckAt ?? "") - world.time.now).toBeGreaterThan(3 * 3_600_000);
  });

  test("nothing there: everything is missing, and looked for again within a minute", async () => {
    await using world = await openOwnDomains({ [DOMAIN]: "" });
    await claim(world, world.first);
    const detail = await world.detail(world.first, DOMAIN);
    expect(new Set(Object.values(states(detail)))).toEqual(new Set(["missing"]));
    expect(detail).toMatchObject({ state: "unproven", problems: 5, exists: true });
    expect(Date.parse(detail.nextCheckAt ?? "") - world.time.now).toBeLessThan(120_000);
    // After an hour without anybody, less and less.
    world.time.now += 2 * 3_600_000;
    await look(world, world.first);
    const later = await world.detail(world.first, DOMAIN);
    expect(Date.parse(later.nextCheckAt ?? "") - world.time.now).toBeGreaterThan(500_000);
  });

  test("a domain that the DNS does not know is said to be none", async () => {
    await using world = await openOwnDomains({ test: "" });
    await claim(world, world.first, "nobody-has-this.test");
    expect(await world.detail(world.first, "nobody-has-this.test")).toMatchObject({
      exists: false,
      problems: 5,
    });
    // Of another one nobody can tell.
    await claim(world, world.first, "nobody.unheard");
    const detail = await world.detail(world.first, "nobody.unheard");
    expect([detail.exists, detail.problems]).toEqual([null, 0]);
  });

  test("wrong records: each is named, with what is there and what it should be", async () => {
    const wrong = [
      "@ 60 IN MX 10 mail.old.test.",
      "@ 60 IN MX 20 mx.hosted.test.",
      '@ 60 IN TXT "v=spf1 ip4:192.0.2.7 mx -all"',
      '@ 60 IN TXT "some-verification=1"',
      "ang1r._domainkey 60 IN CNAME elsewhere.test.",
      'ang2r._domainkey 60 IN TXT "v=DKIM1; p=abc"',
      '_dmarc 60 IN TXT "v=DMARC1; p=reject; rua=mailto:d@old.test; adkim=s"',
      "mta-sts 60 IN A 192.0.2.9",
    ].join("\n");
    await using world = await openOwnDomains(
      { "hosted.test": HOSTED, [DOMAIN]: wrong },
      { webHost: "web.hosted.test" },
    );
    await claim(world, world.first);
    const detail = await world.detail(world.first, DOMAIN);
    expect(states(detail)).toMatchObject({
      mx: "wrong: mixed_mx",
      spf: "wrong: spf_without_include",
      "dkim:ang1r": "wrong: cname_elsewhere",
      "dkim:ang2r": "wrong: not_a_cname",
      dmarc: "wrong: dmarc_without_reports",
      mta_sts: "missing",
      mta_sts_policy: "wrong: not_a_cname",
      autoconfig: "missing",
      // The DMARC record stays, so it can't be the proof.
      proof: "missing",
    });
    expect(recordOf(detail, "mx")?.found).toEqual(["10 mail.old.test", "20 mx.hosted.test"]);
    expect(recordOf(detail, "spf")).toMatchObject({
      action: "replace",
      found: ["v=spf1 ip4:192.0.2.7 mx -all"],
      value: "v=spf1 ip4:192.0.2.7 mx include:_spf.hosted.test -all",
    });
    expect(recordOf(detail, "dmarc")).toMatchObject({
      type: "TXT",
      value: "v=DMARC1; p=reject; rua=mailto:d@old.test,mailto:dmarc@reports.hosted.test; adkim=s",
    });
    // And a proof by that text.
    await world.nsupdate(
      `update add _angelia.${DOMAIN} 60 TXT "angelia-verify=${await world.token(world.first, DOMAIN)}"`,
    );
    await look(world, world.first);
    expect(await world.detail(world.first, DOMAIN)).toMatchObject({ state: "proven" });
    expect(await holderOf(world)).toBe(world.first);
  });

  test.for([
    [
      "two records",
      ['"v=spf1 a -all"', '"v=spf1 include:_spf.hosted.test ~all"'],
      "two_spf",
      "v=spf1 a include:_spf.hosted.test ~all",
    ],
    ["nonsense", ['"v=spf1 include: ~all"'], "spf_malformed", "v=spf1 include:_spf.hosted.test ~all"],
    [
      "too many questions",
      [`"v=spf1 ${Array.from({ length: 10 }, (_, i) => `a:h${i}.agency.test`).join(" ")} -all"`],
      "too_many_lookups",
      undefined,
    ],
  ] as const)("SPF: %s", async ([, texts, problem, value]) => {
    const zone = texts.map((text) => `@ 60 IN TXT ${text}`).join("\n");
    await using world = await openOwnDomains({ "hosted.test": HOSTED, [DOMAIN]: zone });
    await claim(world, world.first);
    const spf = recordOf(await world.detail(world.first, DOMAIN), "spf");
    expect(spf).toMatchObject({ state: "wrong", problem, ...(value === undefined ? {} : { value }) });
  });

  test("a DNS that does not answer makes nothing missing", async () => {
    await using world = await openOwnDomains({ "hosted.test": HOSTED, [DOMAIN]: CORE });
    await claim(world, world.first);
    await enterToken(world, world.first);
    await look(world, world.first);
    const nowhere = [{ host: "127.0.0.1", port: 9 }];
    const silent = {
      ...world.domains,
      openDns: openDomainDnsWith({ resolvers: nowhere, privateHosts: true, port: 9 }),
    };
    for (let i = 0; i < 3; i++) await checkDomain(silent, world.first, DOMAIN);
    const opened = await world.domains.openDns?.(DOMAIN);
    // Also when the zone is found, and then nobody answers.
    const half = {
      ...world.domains,
      openDns: async () => ({
        apex: DOMAIN,
        nameServers: [],
        soa: null,
        ...opened,
        ask: () => Promise.reject(new Error("silence")),
      }),
    };
    for (let i = 0; i < 3; i++) await checkDomain(half, world.first, DOMAIN);
    const detail = await world.detail(world.first, DOMAIN);
    expect(detail).toMatchObject({ state: "live", problems: 0 });
    expect(new Set(Object.values(states(detail)))).toEqual(new Set(["found"]));
    expect(detail.records.every((one) => !one.answered)).toBe(true);
    expect(await world.alerts(world.first)).toEqual([]);
  });
});

describe("drift", () => {
  test("what is wrong twice is told once, and that it is right again too", async () => {
    await using world = await openOwnDomains({ "hosted.test": HOSTED, [DOMAIN]: CORE });
    await claim(world, world.first);
    await enterToken(world, world.first);
    await look(world, world.first);
    await world.nsupdate(`update delete ${DOMAIN} MX`, `update add ${DOMAIN} 60 MX 5 mail.elsewhere.test.`);
    world.time.now += 4 * 3_600_000;
    await look(world, world.first);
    expect(await world.alerts(world.first)).toEqual([]);
    // It is looked at again soon, since one look can be wrong.
    const doubt = await world.detail(world.first, DOMAIN);
    expect(Date.parse(doubt.nextCheckAt ?? "") - world.time.now).toBeLessThan(20 * 60_000);
    expect(states(doubt)["mx"]).toBe("wrong: other_mx");
    for (let i = 0; i < 3; i++) {
      world.time.now += 600_000;
      await look(world, world.first);
    }
    expect(await world.alerts(world.first)).toEqual([`domain_drift ${DOMAIN}`]);
    // A second one that goes wrong is told on its own.
    await world.nsupdate(`update delete ang1r._domainkey.${DOMAIN} CNAME`);
    for (let i = 0; i < 2; i++) {
      world.time.now += 600_000;
      await look(world, world.first);
    }
    expect(await world.alerts(world.first)).toHaveLength(2);
    await world.nsupdate(`update delete ${DOMAIN} MX`, `update add ${DOMAIN} 60 MX 10 mx.hosted.test.`);
    await look(world, world.first);
    expect(await world.alerts(world.first)).toHaveLength(2);
    await world.nsupdate(
      `update add ang1r._domainkey.${DOMAIN} 60 CNAME ang1r.${DOMAIN}._domainkey.hosted.test.`,
    );
    world.time.now += 600_000;
    await look(world, world.first);
    expect((await world.alerts(world.first))[0]).toBe(`domain_good ${DOMAIN}`);
    expect(await world.detail(world.first, DOMAIN)).toMatchObject({ state: "live", problems: 0 });
    // The administrator has the letters.
    const letters = await world.platform.db.tenant(world.first, async (tx) => {
      const rows = await tx`select 1 from placements where tenant_id = ${tx.tenantId}`;
      return rows.length;
    });
    expect(letters).toBe(3);
  });
});

describe("two agencies claim one domain", () => {
  test("an unproven claim reserves nothing, and gets nothing", async () => {
    await using world = await openOwnDomains({ "hosted.test": HOSTED, [DOMAIN]: CORE });
    await claim(world, world.second);
    await claim(world, world.first);
    await enterToken(world, world.first);
    await look(world, world.second);
    expect(await holderOf(world)).toBeUndefined();
    await look(world, world.first);
    await look(world, world.second);
    expect(await holderOf(world)).toBe(world.first);
    expect(await world.detail(world.second, DOMAIN)).toMatchObject({ state: "unproven", contest: null });
    expect(await world.alerts(world.first)).toEqual([]);
  });

  test("a new proof moves it after the time of grace, and not before", async () => {
    await using world = await openOwnDomains({ "hosted.test": HOSTED, [DOMAIN]: CORE });
    await claim(world, world.first);
    await enterToken(world, world.first);
    await look(world, world.first);
    await claim(world, world.second);
    await enterToken(world, world.second);
    await look(world, world.second);
    expect(await holderOf(world)).toBe(world.first);
    expect((await world.detail(world.second, DOMAIN)).contest?.role).toBe("claimant");
    const holder = await world.detail(world.first, DOMAIN);
    expect(holder.contest?.role).toBe("holder");
    // The holder is shown how to prove again.
    expect(recordOf(holder, "proof")).toBeDefined();
    world.time.now += GRACE_MS - 60_000;
    await look(world, world.second);
    expect(await holderOf(world)).toBe(world.first);
    world.time.now += 120_000;
    await look(world, world.second);
    expect(await holderOf(world)).toBe(world.second);
    expect(await world.alerts(world.first)).toEqual([`domain_lost ${DOMAIN}`, `domain_contested ${DOMAIN}`]);
    expect(await world.alerts(world.second)).toEqual([`domain_contested ${DOMAIN}`]);
    expect(await world.audit(world.first, DOMAIN)).toEqual(["domain.claim", "domain.prove", "domain.lost"]);
    expect(await world.audit(world.second, DOMAIN)).toEqual(["domain.claim", "domain.prove"]);
    expect(await world.detail(world.second, DOMAIN)).toMatchObject({ state: "live", contest: null });
    expect(await world.detail(world.first, DOMAIN)).toMatchObject({ state: "unproven" });
  });

  test("a holder whose proof is there again keeps it, and the time begins anew", async () => {
    await using world = await openOwnDomains({ "hosted.test": HOSTED, [DOMAIN]: CORE });
    await claim(world, world.first);
    await enterToken(world, world.first);
    await look(world, world.first);
    await claim(world, world.second);
    await enterToken(world, world.second);
    await look(world, world.second);
    const proof = `_angelia.${DOMAIN}`;
    await world.nsupdate(
      `update add ${proof} 60 TXT "angelia-verify=${await world.token(world.first, DOMAIN)}"`,
    );
    world.time.now += GRACE_MS + 1;
    await look(world, world.second);
    expect(await holderOf(world)).toBe(world.first);
    expect((await world.detail(world.first, DOMAIN)).contest).toBeNull();
    await world.nsupdate(`update delete ${proof}`);
    await look(world, world.second);
    await look(world, world.second);
    expect(await holderOf(world)).toBe(world.first);
    world.time.now += GRACE_MS;
    await look(world, world.second);
    expect(await holderOf(world)).toBe(world.second);
  });

  test("what does not answer decides nothing", async () => {
    await using world = await openOwnDomains({ "hosted.test": HOSTED, [DOMAIN]: CORE });
    await claim(world, world.first);
    await enterToken(world, world.first);
    await look(world, world.first);
    await claim(world, world.second);
    await enterToken(world, world.second);
    await look(world, world.second);
    world.time.now += GRACE_MS + 1;
    const { openDns } = world.domains;
    // Everything answers but the name where the holder's proof might be.
    const half = {
      ...world.domains,
      openDns: async (name: string) => {
        const dns = (await openDns?.(name)) ?? null;
        if (dns === null) return null;
        const ask: typeof dns.ask = (type, asked) =>
          asked.startsWith("_angelia.") ? Promise.reject(new Error("silence")) : dns.ask(type, asked);
        return { ...dns, ask };
      },
    };
    await checkDomain(half, world.second, DOMAIN);
    expect(await holderOf(world)).toBe(world.first);
    await look(world, world.second);
    expect(await holderOf(world)).toBe(world.second);
  });
});

describe("our zone", () => {
  test("the job looks, proves, and makes our name server say what the CNAMEs lead to", async () => {
    await using world = await openOwnDomains(
      { "hosted.test": "", [DOMAIN]: CORE },
      { webHost: "web.hosted.test" },
    );
    const { bind, platform, domains } = world;
    const { tenancy, db } = platform;
    const key = { ...bind.key, secret: Buffer.from(bind.key.secret, "base64") };
    const primary = { host: "127.0.0.1", port: bind.port, zone: "hosted.test", key };
    const resolver = () => nodeResolver([{ host: "127.0.0.1", port: bind.port }]);
    const rotation: RotationDeps = {
      signing: newSigning({ db, keys: tenancy.keys, clock: () => world.time.now, zone: "hosted.test" }),
      times: ROTATION_DEFAULTS,
      lookUp: (name) => resolver().txt(name),
      push: (records) => updateZone(primary, records, Date.now),
      log: domains.log,
    };
    const job = checkDomainsJob(domains, rotation);
    await claim(world, world.first);
    await enterToken(world, world.first);
    const { signal } = new AbortController();
    await job.run(signal);
    expect(await holderOf(world)).toBeUndefined();
    world.time.now += 120_000;
    await job.run(signal);
    expect(await holderOf(world)).toBe(world.first);
    const text = (name: string): Promise<readonly string[]> => resolver().txt(name);
    expect(await text(`_dmarc.${DOMAIN}`)).toEqual([
      "v=DMARC1; p=none; rua=mailto:dmarc@reports.hosted.test",
    ]);
    expect(await text("_spf.hosted.test")).toEqual(["v=spf1 a:mx.hosted.test -all"]);
    expect(await text(`_smtp._tls.${DOMAIN}`)).toEqual(["v=TLSRPTv1; rua=mailto:tls@reports.hosted.test"]);
    const [dkim = ""] = await text(`ang1r._domainkey.${DOMAIN}`);
    expect(dkim).toMatch(/^v=DKIM1; k=rsa; p=[A-Za-z0-9+/=]{300,}$/);
    const token = await world.token(world.first, DOMAIN);
    const [before = ""] = await text(`${token}._mta-sts.hosted.test`);
    expect(before).toMatch(/^v=STSv1; id=\d+$/);
    world.time.now += 60_000;
    const change = { dmarcPolicy: "quarantine", mtaSts: "enforce" } as const;
    await changeDomain(domains, { tenantId: world.first, actor: CLERK }, DOMAIN, change);
    await job.run(signal);
    expect(await text(`_dmarc.${DOMAIN}`)).toEqual([
      "v=DMARC1; p=quarantine; rua=mailto:dmarc@reports.hosted.test",
    ]);
    expect(await text(`${token}._mta-sts.hosted.test`)).not.toEqual([before]);
    // Hosted names are due once, and never again.
    const due = await db.system(
      "a test",
      (tx) => tx<{ name: string }[]>`
      select name from domains where next_check_at is not null`,
    );
    expect(due.map((row) => row.name)).toEqual([DOMAIN]);
  });
});

describe("delegation", () => {
  test("our name servers answer for the keys and the policy, and the proof is a text", async () => {
    const nameServers = ["ns1.hosted.test"];
    const zone = [
      "@ 60 IN MX 10 mx.hosted.test.",
      '@ 60 IN TXT "v=spf1 include:_spf.hosted.test ~all"',
      "_domainkey 60 IN NS ns1.hosted.test.",
      "_dmarc 60 IN NS ns1.hosted.test.",
    ].join("\n");
    await using world = await openOwnDomains(
      {
        "hosted.test": `${HOSTED}\nns1 60 IN A 127.0.0.1`,
        [DOMAIN]: zone,
        // As `angelia dns delegated` prints them.
        [`_domainkey.${DOMAIN}`]: SELECTORS.map(
          (name) => `${name} 60 IN CNAME ${name}.${DOMAIN}._domainkey.hosted.test.`,
        ).join("\n"),
        [`_dmarc.${DOMAIN}`]: '@ 60 IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@reports.hosted.test"',
      },
      { nameServers },
    );
    await claim(world, world.first);
    const before = await world.detail(world.first, DOMAIN);
    expect(before.ways.delegation?.map((one) => `${one.name} ${one.value}`)).toEqual([
      `_domainkey.${DOMAIN} ns1.hosted.test`,
      `_dmarc.${DOMAIN} ns1.hosted.test`,
    ]);
    expect(states(before)).toMatchObject({ dmarc: "found", "dkim:ang1r": "found", proof: "missing" });
    expect(before.state).toBe("unproven");
    await world.nsupdate(
      `update add _angelia.${DOMAIN} 60 TXT "angelia-verify=${await world.token(world.first, DOMAIN)}"`,
    );
    await look(world, world.first);
    expect(await world.detail(world.first, DOMAIN)).toMatchObject({ state: "live", problems: 0 });
    const page = { after: "", limit: 10 };
    const { db } = world.platform;
    const [mine, ...rest] = await db.system("a test", (tx) =>
      listZoneDomains(tx, { ...page, untold: false }),
    );
    expect(rest.length).toBeGreaterThan(0);
    if (mine === undefined) throw new Error("it is not there");
    const [keys, policy] = delegatedZones(mine, world.domains.settings);
    expect(keys?.lines[2]).toBe(
      `ang1r._domainkey.${DOMAIN}. 3600 IN CNAME ang1r.${DOMAIN}._domainkey.hosted.test.`,
    );
    expect(policy?.lines[1]).toBe(`_dmarc.${DOMAIN}. 3600 IN NS ns1.hosted.test.`);
    expect(policy?.lines[2]).toBe(
      `_dmarc.${DOMAIN}. 3600 IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@reports.hosted.test"`,
    );
  });
});
