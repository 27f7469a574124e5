import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { StsPolicies } from "../../smtp-relay/delivery/sts-policies.ts";
import { listStsDomains, readStsPolicy } from "../../src/outbound/index.ts";
import type { Resolver } from "../../src/dns/index.ts";
import { type Authority, newAuthority } from "../support/certificates.ts";
import { type Outgoing, startOutgoing } from "../support/outgoing.ts";
import { type PolicyServer, startPolicyServer } from "../support/policy-server.ts";
import { type Postfix, postfixUnavailable, startPostfix } from "../support/postfix-mx.ts";
import { missing, needs } from "../support/programs.ts";
import { fakeResolver } from "../support/smtp-relay.ts";

const PROGRAMS = ["openssl", "postfix"] as const;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

const DOMAINS = [
  "right.test",
  "wrongmx.test",
  "oldmx.test",
  "badname.test",
  "cleartext.test",
  "testing.test",
  "oldweb.test",
  "gone.test",
  "dark.test",
  "garbled.test",
] as const;
/** At which address the MX host of each stands. */
const IPS: Readonly<Record<string, string>> = {
  "oldmx.test": "127.0.0.12",
  "testing.test": "127.0.0.12",
  "oldweb.test": "127.0.0.13",
  "gone.test": "127.0.0.13",
  "garbled.test": "127.0.0.13",
  "cleartext.test": "127.0.0.13",
};

const policyOf = (domain: string, mode = "enforce", mx = `mx.${domain}`): string =>
  `version: STSv1\r\nmode: ${mode}\r\nmx: ${mx}\r\nmax_age: 86400\r\n`;

let authority: Authority;
let postfix: Postfix;
let web: PolicyServer;
let outgoing: Outgoing;
let resolver: Resolver;
const ids: Record<string, readonly string[]> = {};

beforeAll(async () => {
  if (missing(...PROGRAMS) !== undefined || postfixUnavailable() !== undefined) return;
  authority = newAuthority();
  const names = DOMAINS.filter((domain) => domain !== "badname.test").map((domain) => `mx.${domain}`);
  postfix = await startPostfix({
    domains: DOMAINS,
    listens: {
      "127.0.0.11": authority.issue(names),
      "127.0.0.12": authority.issue(names, -1),
      "127.0.0.13": null,
    },
  });
  const webNames = DOMAINS.map((domain) => `mta-sts.${domain}`);
  web = await startPolicyServer(
    { "mta-sts.oldweb.test": authority.issue(["mta-sts.oldweb.test"], -1) },
    authority.issue(webNames),
  );
  for (const domain of DOMAINS) {
    ids[`_mta-sts.${domain}`] = ["v=STSv1; id=1;"];
    web.policies.set(`mta-sts.${domain}`, policyOf(domain));
  }
  web.policies.set("mta-sts.wrongmx.test", policyOf("wrongmx.test", "enforce", "*.elsewhere.test"));
  web.policies.set("mta-sts.testing.test", policyOf("testing.test", "testing"));
  web.policies.set("mta-sts.garbled.test", "<html>not here</html>");
  web.policies.delete("mta-sts.gone.test");
  resolver = fakeResolver({
    mx: Object.fromEntries(DOMAINS.map((domain) => [domain, [{ exchange: `mx.${domain}`, priority: 10 }]])),
    a: Object.fromEntries(
      DOMAINS.flatMap((domain) => [
        [`mx.${domain}`, [IPS[domain] ?? "127.0.0.11"]],
        [`mta-sts.${domain}`, ["127.0.0.1"]],
      ]),
    ),
    txt: ids,
  });
  outgoing = await startOutgoing(resolver, {
    port: postfix.port,
    policyPort: web.port,
    extraCa: authority.pem,
  });
}, 120_000);
afterAll(async () => {
  await outgoing?.[Symbol.asyncDispose]();
  await web?.[Symbol.asyncDispose]();
  await postfix?.[Symbol.asyncDispose]();
  authority?.[Symbol.dispose]();
});
beforeEach((context) => {
  needs(context, ...PROGRAMS);
  const reason = postfixUnavailable();
  if (reason !== undefined) context.skip(reason);
});

const TAKEN = { delivered: "unknown", smtpReply: expect.stringMatching(/^250 2\.0\.0 Ok: queued/) };

describe("a domain with a policy, and Postfix at its MX", () => {
  test("the certificate is right: it goes, over TLS, and the policy is fetched once", async () => {
    for (const subject of ["first", "second"])
      expect(await outgoing.send("somebody@right.test", { subject })).toMatchObject(TAKEN);
    expect(web.asked.filter((name) => name === "mta-sts.right.test")).toHaveLength(1);
    await expect.poll(() => postfix.taken().filter((one) => one.includes("using TLSv1.3")).length).toBe(2);
  });

  test.for([
    ["wrongmx.test", /^451 4\.7\.5 The policy of wrongmx\.test \(MTA-STS\) allows none of its mail servers/],
    ["oldmx.test", /^451 4\.7\.5 .*certificate-expired/],
    ["badname.test", /^451 4\.7\.5 .*certificate-host-mismatch/],
    ["cleartext.test", /^451 4\.7\.5 .*offers no TLS/],
  ] as const)("%s: nothing is sent, and it is tried again", async ([domain, reply]) => {
    expect(await outgoing.send(`somebody@${domain}`, { subject: `to ${domain}` })).toMatchObject({
      delivered: "queued",
      smtpReply: expect.stringMatching(reply),
    });
    expect(postfix.taken().join("")).not.toContain(`Subject: to ${domain}`);
  });

  test.for([
    ["testing.test", "a policy under test is reported on, and stops nothing"],
    ["oldweb.test", "a policy whose web server can't be believed does not count"],
    ["gone.test", "nor does one that is not there"],
    ["garbled.test", "nor one that is none"],
  ] as const)("%s: %s", async ([domain]) => {
    expect(await outgoing.send(`somebody@${domain}`)).toMatchObject(TAKEN);
  });

  test("a policy that can't be fetched anew holds until it runs out, also for another process", async () => {
    expect(await outgoing.send("somebody@dark.test")).toMatchObject(TAKEN);
    // The domain has a new policy, and somebody keeps it from us.
    ids["_mta-sts.dark.test"] = ["v=STSv1; id=2;"];
    web.policies.delete("mta-sts.dark.test");
    const { db } = outgoing.platform;
    let now = Date.now();
    const settings = { policyPort: web.port, extraCa: authority.pem };
    const another = new StsPolicies({ db, resolver, clock: () => now, log: silent }, settings);
    expect(await another.policyFor("dark.test")).toMatchObject({
      policy: { mode: "enforce", policyId: "1" },
    });
    now += 86_400_000;
    expect(await another.policyFor("dark.test")).toMatchObject({
      policy: null,
      failure: { result: "sts-policy-fetch-error" },
    });
    // Within five minutes it is not asked again (RFC 8461 §3.3).
    const before = web.asked.length;
    await another.policyFor("dark.test");
    expect(web.asked).toHaveLength(before);
  });

  test("the job fetches what is a day old, and forgets what has run out", async () => {
    const { db } = outgoing.platform;
    await outgoing.send("somebody@right.test");
    let now = Date.now() + 80_000_000;
    const settings = { policyPort: web.port, extraCa: authority.pem };
    const job = new StsPolicies({ db, resolver, clock: () => now, log: silent }, settings);
    now = Date.now() + 86_400_000 - 60_000;
    web.policies.set("mta-sts.right.test", policyOf("right.test", "testing"));
    await db.system(
      "a test",
      (tx) => tx`update mta_sts_policies set fetched_at = fetched_at - interval '1 day'`,
    );
    await job.refresh();
    const kept = await db.system("a test", (tx) => readStsPolicy(tx, "right.test", now));
    expect(kept).toMatchObject({ mode: "testing", policyId: "1", fetchedAt: now });
    now += 10 * 86_400_000;
    await job.refresh();
    expect(await db.system("a test", (tx) => listStsDomains(tx, now, 0))).toEqual([]);
  });
});

// The last one: it ends the relay.
test("what TLS gave is counted for reports, by policy", async () => {
  const results = await outgoing.tlsResults();
  const of = (policyDomain: string) =>
    results
      .filter((one) => one.policyDomain === policyDomain)
      .map((one) => `${one.policyType} ${one.resultType} ${one.reason}`.trim());
  expect(of("wrongmx.test")).toEqual(["sts validation-failure mx-mismatch"]);
  expect(of("oldmx.test")).toEqual(["sts certificate-expired certificate-expired"]);
  expect(of("testing.test")).toEqual(["sts certificate-expired"]);
  expect(of("oldweb.test")).toEqual(["sts sts-webpki-invalid CERT_HAS_EXPIRED"]);
  expect(of("gone.test")).toEqual(["sts sts-policy-fetch-error HTTP 404"]);
  expect(of("garbled.test")).toEqual(["sts sts-policy-invalid no key: value"]);
  const right = results.find((one) => one.policyDomain === "right.test" && one.resultType === "success");
  expect(right).toMatchObject({
    policyType: "sts",
    policyString: ["version: STSv1", "mode: enforce", "mx: mx.right.test", "max_age: 86400"],
    mxPatterns: ["mx.right.test"],
    mxHost: "mx.right.test",
  });
});
