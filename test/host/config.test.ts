import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "../../host/config.ts";

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

test("without settings all has a default that works on one machine", () => {
  const { config, warnings } = readConfig({ PATH: "/bin", ANGELIA_DATABASE_URL: "" });
  expect(warnings).toEqual([]);
  expect(config).toMatchObject({
    bind: "127.0.0.1",
    hostedDomain: "angelia.localhost",
    hostname: "mail.angelia.localhost",
    database: undefined,
    s3: undefined,
    smarthost: undefined,
    workers: 1,
    limitLoopback: false,
    cleartextLogin: "loopback",
  });
  expect(config.ports).toEqual({
    http: 8080,
    mx: 2525,
    submission: 2587,
    submissions: 2465,
    imap: 2143,
    imaps: 2993,
    pop3: 2110,
    pop3s: 2995,
    sieve: 4190,
  });
  expect(config.dataDir).toMatch(/^\/.*\/\.data$/);
  expect([...config.roles]).toEqual(["edge", "mx", "submission", "imap", "pop3", "delivery", "jobs"]);
});

test("a name that is nearly a setting is reported with the one that was meant", () => {
  const { warnings } = readConfig({
    ANGELIA_HTTP_PROT: "81",
    ANGELIA_COLOUR: "red",
    ANGELIA_REQUIRE_ALL: "1",
  });
  expect(warnings).toEqual([
    "ANGELIA_HTTP_PROT is not a setting of Angelia; did you mean ANGELIA_HTTP_PORT?",
    "ANGELIA_COLOUR is not a setting of Angelia",
  ]);
});

test("all that is wrong is in one message", () => {
  const faults = faultsOf({
    ANGELIA_IMAP_PORT: "70000",
    ANGELIA_BIND: "localhost",
    ANGELIA_MASTER_KEY: "c2hvcnQ=",
    ANGELIA_HOSTED_DOMAIN: "localhost",
    ANGELIA_DATABASE_APP_URL: "postgres://app@db/angelia",
    ANGELIA_STRIPE_SECRET_KEY: "sk",
  });
  expect(faults).toHaveLength(6);
  expect(faults.join("\n")).toMatch(/ANGELIA_IMAP_PORT .*65535/);
  expect(faults.join("\n")).toContain("ANGELIA_BIND must be an IP address");
  expect(faults.join("\n")).toContain("ANGELIA_MASTER_KEY must be 32 bytes in base64");
  expect(faults.join("\n")).toContain("ANGELIA_STRIPE_WEBHOOK_SECRET is missing");
});

test("no fault repeats the secret that is in the setting", () => {
  const faults = faultsOf({
    ANGELIA_MASTER_KEY: "not base64: hunter2",
    ANGELIA_DATABASE_URL: "mysql://u:hunter2@db/x",
  });
  expect(faults).toHaveLength(2);
  expect(faults.join("\n")).not.toContain("hunter2");
});

test("two settings can't have one port; 0 stands for any, as often as one likes", () => {
  expect(faultsOf({ ANGELIA_IMAP_PORT: "2525" })).toEqual([
    "ANGELIA_IMAP_PORT and ANGELIA_MX_PORT are the same port, 2525",
  ]);
  expect(faultsOf({ ANGELIA_IMAP_PORT: "0", ANGELIA_MX_PORT: "0" })).toEqual([]);
});

describe("ANGELIA_SMARTHOST", () => {
  test.each([
    ["relay.example", { host: "relay.example", port: 25, secure: false, login: undefined }],
    ["relay.example:2525", { host: "relay.example", port: 2525, secure: false, login: undefined }],
    ["::1", { host: "::1", port: 25, secure: false, login: undefined }],
    ["[::1]:26", { host: "::1", port: 26, secure: false, login: undefined }],
    ["smtp://[2001:db8::1]:26", { host: "2001:db8::1", port: 26, secure: false, login: undefined }],
    [
      "smtp://a%40b.test:p%3Aw@relay.example",
      { host: "relay.example", port: 587, secure: false, login: { user: "a@b.test", password: "p:w" } },
    ],
    ["smtps://relay.example", { host: "relay.example", port: 465, secure: true, login: undefined }],
  ])("%s", (text, expected) => {
    expect(readConfig({ ANGELIA_SMARTHOST: text }).config.smarthost).toEqual(expected);
  });
  test.each(["http://relay.example", "relay.example:0", "relay.example:70000", "smtp://", "a b"])(
    "%s is refused",
    (text) => {
      expect(faultsOf({ ANGELIA_SMARTHOST: text })).toEqual([
        expect.stringContaining("ANGELIA_SMARTHOST must be"),
      ]);
    },
  );
});

test("ANGELIA_DNS takes addresses, with ports", () => {
  expect(readConfig({ ANGELIA_DNS: "9.9.9.9, 127.0.0.1:5353,[::1]:54" }).config.dns).toEqual([
    { host: "9.9.9.9", port: 53 },
    { host: "127.0.0.1", port: 5353 },
    { host: "::1", port: 54 },
  ]);
  expect(faultsOf({ ANGELIA_DNS: "dns.example" })[0]).toContain(
    '"dns.example" is not the address of a name server',
  );
});

test("ANGELIA_CLAMD takes a host or a socket", () => {
  expect(readConfig({ ANGELIA_CLAMD: "off", ANGELIA_RSPAMD_URL: "off" }).config).toMatchObject({
    clamd: "off",
    rspamd: { url: "off" },
  });
  expect(readConfig({ ANGELIA_ARC_TRUSTED: "Lists.example, fwd.example" }).config.arcTrusted).toEqual(
    new Set(["lists.example", "fwd.example"]),
  );
  expect(() => readConfig({ ANGELIA_ARC_TRUSTED: "lists" })).toThrow(
    /ANGELIA_ARC_TRUSTED "lists" is not a domain/,
  );
  expect(() => readConfig({ ANGELIA_RSPAMD_URL: "localhost:11333" })).toThrow(/ANGELIA_RSPAMD_URL must be/);
  expect(readConfig({ ANGELIA_CLAMD: "/run/clamd.sock" }).config.clamd).toEqual({ path: "/run/clamd.sock" });
  expect(readConfig({ ANGELIA_CLAMD: "scan.example" }).config.clamd).toEqual({
    host: "scan.example",
    port: 3310,
  });
});

test("an object store needs all of its settings", () => {
  const s3 = {
    ANGELIA_S3_ENDPOINT: "http://127.0.0.1:9000",
    ANGELIA_S3_BUCKET: "mail",
    ANGELIA_S3_ACCESS_KEY_ID: "id",
    ANGELIA_S3_SECRET_ACCESS_KEY: "secret",
  };
  expect(readConfig(s3).config.s3).toEqual({
    endpoint: "http://127.0.0.1:9000",
    bucket: "mail",
    region: "auto",
    accessKeyId: "id",
    secretAccessKey: "secret",
  });
  expect(faultsOf({ ANGELIA_S3_ENDPOINT: "http://127.0.0.1:9000" })[0]).toContain("ANGELIA_S3_BUCKET");
});

describe("how mail leaves", () => {
  test("the pools with their addresses and names", () => {
    const { config } = readConfig({
      ANGELIA_HOSTNAME: "mx.example.test",
      ANGELIA_EGRESS: "main=192.0.2.1/MX1.example,2001:db8::1; bulk=192.0.2.2",
      ANGELIA_QUEUE_LIFETIME: "2d",
      ANGELIA_DELAY_WARNING: "30m",
    });
    expect([...config.egress]).toEqual([
      ["main", { ipv4: ["192.0.2.1"], ipv6: ["2001:db8::1"], hostname: "mx1.example" }],
      ["bulk", { ipv4: ["192.0.2.2"], ipv6: [], hostname: "mx.example.test" }],
    ]);
    expect(config.queueTimes).toEqual({ lifeMs: 2 * 86_400_000, delayToldMs: 1_800_000 });
    expect(config.dnsTrustAd).toBe(false);
  });

  test.for([
    ["ANGELIA_EGRESS", "spam=192.0.2.1", 'has no pool "spam"'],
    ["ANGELIA_EGRESS", "main=mx.example", '"mx.example" is not an address'],
    ["ANGELIA_EGRESS", "main=192.0.2.1/a_b", '"a_b" is not the name of a host'],
    ["ANGELIA_QUEUE_LIFETIME", "5 days", "must be a time like"],
    ["ANGELIA_DELAY_WARNING", "0h", "must be a time like"],
  ] as const)("%s %j is refused", ([name, value, fault]) => {
    expect(() => readConfig({ [name]: value })).toThrow(fault);
  });
});

describe("who may send to the MX", () => {
  test("proxies, limits, lists and those that are known to be good", () => {
    const { config } = readConfig({
      ANGELIA_PROXY_FROM: "10.0.0.5, 2001:db8::/64",
      ANGELIA_MX_LIMITS: "messages-per-minute=10,connections=3",
      ANGELIA_DNSBL: "Zen.Example.org=127.0.0.2-11,bl.example.net",
      ANGELIA_DNSBL_EXEMPT: "192.0.2.0/24,wl.example.org=127.0.*.1-3,2001:db8::1",
      ANGELIA_GREETING_DELAY_MS: "0",
    });
    expect(config.proxyFrom).toEqual(["10.0.0.5", "2001:db8::/64"]);
    expect(config.gate).toMatchObject({
      limits: { messagesPerMinute: 10, connections: 3, connectionsPerMinute: 120 },
      exempt: ["192.0.2.0/24", "2001:db8::1"],
      greetingDelayMs: 0,
    });
    expect(config.gate.blockLists.map((list) => list.zone)).toEqual(["zen.example.org", "bl.example.net"]);
    expect(config.gate.allowLists.map((list) => list.zone)).toEqual(["wl.example.org"]);
    const { config: plain } = readConfig({});
    expect(plain.gate).toMatchObject({ blockLists: [], exempt: [], allowLists: [], greetingDelayMs: 2_000 });
    expect(plain.proxyFrom).toEqual([]);
  });

  test.each([
    ["ANGELIA_PROXY_FROM", "10.0.0.0/33", /"10\.0\.0\.0\/33" is not an address or a network/],
    ["ANGELIA_PROXY_FROM", "proxy.example", /is not an address/],
    ["ANGELIA_MX_LIMITS", "connections=0", /"connections=0" is not a limit/],
    ["ANGELIA_MX_LIMITS", "speed=9", /the limits are connections, /],
    ["ANGELIA_DNSBL", "zen.example.org=127.0.0", /expected codes like/],
    ["ANGELIA_DNSBL_EXEMPT", "localhost", /expected a zone like/],
    ["ANGELIA_GREETING_DELAY_MS", "-1", /ANGELIA_GREETING_DELAY_MS/],
  ])("%s=%s is refused", (name, value, why) => {
    expect(faultsOf({ [name]: value }).join("\n")).toMatch(why);
  });
});
