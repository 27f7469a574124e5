import { describe, expect, test } from "vitest";
import type { ProviderCredentials, ProviderName } from "../../src/contract/domains.ts";
import { openProvider } from "../../src/domains/providers/open-provider.ts";
import { quoteText, unquoteText } from "../../src/domains/providers/provider.ts";
import { type ApiServer, KeptZone } from "../support/dns-providers/kept-zone.ts";
import { startCloudflare, TOKEN as CLOUDFLARE } from "../support/dns-providers/cloudflare.ts";
import { startDesec, TOKEN as DESEC } from "../support/dns-providers/desec.ts";
import { startGandi, TOKEN as GANDI } from "../support/dns-providers/gandi.ts";
import { startHetzner, TOKEN as HETZNER } from "../support/dns-providers/hetzner.ts";
import { KEYS, startOvh } from "../support/dns-providers/ovh.ts";

const ZONE = "agency.test";
const SPF = "v=spf1 include:_spf.hosted.test ~all";
const LONG = `v=DKIM1; p=${"A".repeat(300)}; n=a "quoted" \\ word`;

const API: readonly (readonly [
  ProviderName,
  (zone: KeptZone) => Promise<ApiServer>,
  ProviderCredentials,
  ProviderCredentials,
])[] = [
  ["cloudflare", startCloudflare, { token: CLOUDFLARE }, { token: "wrong" }],
  ["ovh", startOvh, KEYS, { ...KEYS, applicationSecret: "wrong" }],
  ["gandi", startGandi, { token: GANDI }, { token: "wrong" }],
  ["desec", startDesec, { token: DESEC }, { token: "wrong" }],
  ["hetzner", startHetzner, { token: HETZNER }, { token: "wrong" }],
];

const newZone = (): KeptZone =>
  new KeptZone(ZONE, [
    { name: ZONE, type: "MX", value: "10 mail.old.test." },
    { name: ZONE, type: "TXT", value: '"v=spf1 a -all"' },
    { name: ZONE, type: "TXT", value: '"verification=1"' },
    { name: `www.${ZONE}`, type: "A", value: "192.0.2.1" },
  ]);

const open = (name: ProviderName, server: ApiServer, given: ProviderCredentials) =>
  openProvider(
    { call: fetch, bases: { [name]: server.base }, openDynamic: undefined, clock: () => Date.now() },
    name,
    given,
  );

describe.for(API)("%s", ([name, start, right, wrong]) => {
  test("a zone is found, read and changed, and what is not named stays", async () => {
    const kept = newZone();
    await using server = await start(kept);
    const provider = open(name, server, right);
    const zone = await provider.zoneOf(`deep.down.${ZONE}`);
    expect(zone.name).toBe(ZONE);
    const apex = await provider.list(zone, ZONE);
    const valuesOf = (type: string) => apex.find((one) => one.type === type)?.values.toSorted();
    expect(valuesOf("MX")).toEqual(["10 mail.old.test"]);
    expect(valuesOf("TXT")).toEqual(["v=spf1 a -all", "verification=1"]);
    expect(await provider.list(zone, `_dmarc.${ZONE}`)).toEqual([]);

    const ttl = 3_600;
    await provider.upsert(zone, { name: ZONE, type: "TXT", ttl, values: ["verification=1", SPF] });
    await provider.upsert(zone, { name: ZONE, type: "MX", ttl, values: ["10 mx.hosted.test"] });
    await provider.upsert(zone, {
      name: `_dmarc.${ZONE}`,
      type: "CNAME",
      ttl,
      values: ["x._dmarc.hosted.test"],
    });
    await provider.upsert(zone, { name: `long.${ZONE}`, type: "TXT", ttl, values: [LONG] });
    await provider.finish(zone);
    const now = kept.all().map((one) => `${one.name} ${one.type} ${one.value}`);
    expect(now.toSorted()).toEqual(
      [
        `_dmarc.${ZONE} CNAME x._dmarc.hosted.test.`,
        `${ZONE} MX 10 mx.hosted.test.`,
        `${ZONE} TXT "${SPF}"`,
        `${ZONE} TXT "verification=1"`,
        `long.${ZONE} TXT ${quoteText(LONG)}`,
        `www.${ZONE} A 192.0.2.1`,
      ].toSorted(),
    );
    // Read again, it is what was written.
    expect((await provider.list(zone, `long.${ZONE}`))[0]?.values).toEqual([LONG]);
    // Doing it again changes nothing.
    await provider.upsert(zone, { name: ZONE, type: "TXT", ttl, values: ["verification=1", SPF] });
    expect(kept.at(ZONE, "TXT")).toHaveLength(2);
    await provider.remove(zone, { name: `_dmarc.${ZONE}`, type: "CNAME", ttl, values: [] });
    expect(kept.at(`_dmarc.${ZONE}`)).toEqual([]);
  });

  test("a wrong token, a zone of somebody else and an outage are told apart, and no token is told", async () => {
    await using server = await start(newZone());
    const refused = await open(name, server, wrong)
      .zoneOf(ZONE)
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "dns_provider_refused" });
    expect(JSON.stringify(refused)).not.toContain("wrong");
    await expect(open(name, server, right).zoneOf("elsewhere.test")).rejects.toMatchObject({
      code: "dns_provider_refused",
    });
    const gone = { ...server, base: "http://127.0.0.1:9" };
    await expect(open(name, gone, right).zoneOf(ZONE)).rejects.toMatchObject({
      code: "dns_provider_unavailable",
    });
    expect(() => open(name, server, {}).zoneOf(ZONE)).toThrow(/invalid_input/);
  });
});

test("a zone of OVH is refreshed when all is entered", async () => {
  await using server = await startOvh(newZone());
  const provider = open("ovh", server, KEYS);
  const zone = await provider.zoneOf(ZONE);
  await provider.upsert(zone, { name: `a.${ZONE}`, type: "CNAME", ttl: 60, values: ["b.test"] });
  expect(server.refreshed()).toBe(0);
  await provider.finish(zone);
  expect(server.refreshed()).toBe(1);
});

test("texts of a zone file are read as they are written", () => {
  for (const text of ["", "plain", 'a "b" c', "back\\slash", "x".repeat(255), "y".repeat(600), LONG])
    expect(unquoteText(quoteText(text))).toBe(text);
  expect(quoteText("x".repeat(256))).toBe(`"${"x".repeat(255)}" "x"`);
  expect(unquoteText("not quoted")).toBe("not quoted");
  expect(unquoteText(String.raw`"a\046b"`)).toBe("a.b");
});
