import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { nodeResolver } from "../../smtp-relay/delivery/node-resolver.ts";
import { type Authority, newAuthority, tlsaOf } from "../support/certificates.ts";
import { type Outgoing, startOutgoing } from "../support/outgoing.ts";
import { type Postfix, postfixUnavailable, startPostfix } from "../support/postfix-mx.ts";
import { missing, needs } from "../support/programs.ts";
import { type SignedZone, startSignedZone, type TestZone } from "../support/signed-zone.ts";

const PROGRAMS = ["named", "dnssec-signzone", "unbound", "openssl", "postfix"] as const;

/** Zones in the order of the tests: what their TLSA record says, and at which address their MX host stands. */
type Wanted = Readonly<
  Record<string, { readonly tlsa?: string; readonly ip: string; readonly dnssec?: TestZone["dnssec"] }>
>;

let authority: Authority;
let postfix: Postfix;
let zone: SignedZone;
let outgoing: Outgoing;

beforeAll(async () => {
  if (missing(...PROGRAMS) !== undefined || postfixUnavailable() !== undefined) return;
  authority = newAuthority();
  const right = authority.issue(["mx.right.test", "mx.ta.test"]);
  const other = authority.issue(["mx.wrong.test"]);
  const old = authority.issue(["mx.old.test", "mx.oldta.test"], -1);
  const wanted: Wanted = {
    "right.test": { tlsa: tlsaOf(right.cert), ip: "127.0.0.11" },
    // The name and the dates of a certificate that is named itself do not count (RFC 7672 §3.1.1).
    "old.test": { tlsa: tlsaOf(old.cert), ip: "127.0.0.12" },
    "ta.test": { tlsa: tlsaOf(authority.pem, 2), ip: "127.0.0.11" },
    "othername.test": { tlsa: tlsaOf(authority.pem, 2), ip: "127.0.0.11" },
    "oldta.test": { tlsa: tlsaOf(authority.pem, 2), ip: "127.0.0.12" },
    "wrong.test": { tlsa: tlsaOf(other.cert), ip: "127.0.0.11" },
    "cleartext.test": { tlsa: tlsaOf(right.cert), ip: "127.0.0.13" },
    "unusable.test": { tlsa: `1 1 1 ${"00".repeat(32)}`, ip: "127.0.0.11" },
    "unusable-cleartext.test": { tlsa: `1 1 1 ${"00".repeat(32)}`, ip: "127.0.0.13" },
    "none.test": { ip: "127.0.0.13" },
    "bogus.test": { tlsa: tlsaOf(right.cert), ip: "127.0.0.11", dnssec: "expired" },
    "insecure.test": { tlsa: tlsaOf(other.cert), ip: "127.0.0.13", dnssec: "unsigned" },
  };
  postfix = await startPostfix({
    domains: Object.keys(wanted),
    listens: { "127.0.0.11": right, "127.0.0.12": old, "127.0.0.13": null },
  });
  const zones = Object.entries(wanted).map(([name, { tlsa, ip, dnssec = "signed" }]) => {
    const record = tlsa === undefined ? "" : `_${postfix.port}._tcp.mx IN TLSA ${tlsa}`;
    return [name, { records: `@ IN MX 10 mx\nmx IN A ${ip}\n${record}`, dnssec }] as const;
  });
  zone = await startSignedZone(Object.fromEntries(zones));
  outgoing = await startOutgoing(nodeResolver([zone.server]), { port: postfix.port });
}, 120_000);
afterAll(async () => {
  await outgoing?.[Symbol.asyncDispose]();
  await zone?.[Symbol.asyncDispose]();
  await postfix?.[Symbol.asyncDispose]();
  authority?.[Symbol.dispose]();
});
beforeEach((context) => {
  needs(context, ...PROGRAMS);
  const reason = postfixUnavailable();
  if (reason !== undefined) context.skip(reason);
});

describe("a domain whose zone is signed, with Postfix at its MX", () => {
  test.for([
    ["right.test", "its key is the one named"],
    ["old.test", "its key is the one named, and the certificate's name and dates do not count"],
    ["ta.test", "its authority is the one named"],
    ["unusable.test", "no record can be used: TLS, with any certificate"],
    ["none.test", "no record: clear text is taken"],
  ] as const)("%s: %s", async ([domain]) => {
    const subject = `to ${domain}`;
    expect(await outgoing.send(`somebody@${domain}`, { subject })).toMatchObject({
      delivered: "unknown",
      smtpReply: expect.stringMatching(/^250 2\.0\.0 Ok: queued/),
    });
    await expect
      .poll(() => postfix.taken().some((one) => one.includes(`Subject: ${subject}`)), { timeout: 20_000 })
      .toBe(true);
    const message = postfix.taken().find((one) => one.includes(`Subject: ${subject}`)) ?? "";
    expect(message.includes("using TLSv1.3")).toBe(domain !== "none.test");
  });

  test.for([
    ["wrong.test", /^451 4\.7\.5 .*validation-failure/],
    ["othername.test", /^451 4\.7\.5 .*certificate-host-mismatch/],
    ["oldta.test", /^451 4\.7\.5 .*certificate-expired/],
    ["cleartext.test", /^451 4\.7\.5 .*offers no TLS/],
    ["unusable-cleartext.test", /^451 4\.7\.5 .*offers no TLS/],
    ["bogus.test", /^451 4\.4\.3 The DNS of bogus\.test does not answer/],
  ] as const)("%s: nothing is sent, and it is tried again", async ([domain, reply]) => {
    const subject = `to ${domain}`;
    expect(await outgoing.send(`somebody@${domain}`, { subject })).toMatchObject({
      delivered: "queued",
      smtpReply: expect.stringMatching(reply),
    });
    expect(postfix.taken().join("")).not.toContain(`Subject: ${subject}`);
  });

  test("what is not signed proves nothing: a wrong record there stops nothing", async () => {
    expect(await outgoing.send("somebody@insecure.test")).toMatchObject({ delivered: "unknown" });
  });

  test("TLS-Required: No gets through where the certificate is wrong (RFC 8689 §5)", async () => {
    expect(await outgoing.send("somebody@wrong.test", { fields: "TLS-Required: No\r\n" })).toMatchObject({
      delivered: "unknown",
    });
  });

  test("REQUIRETLS to a server that can be verified and does not promise it comes back; also where none can be verified", async () => {
    expect(await outgoing.send("somebody@right.test", { requireTls: true })).toMatchObject({
      delivered: "no",
      smtpReply: expect.stringMatching(/^550 5\.7\.30 The server does not promise REQUIRETLS/),
    });
    expect(await outgoing.send("somebody@insecure.test", { requireTls: true })).toMatchObject({
      delivered: "no",
      smtpReply: expect.stringMatching(/^550 5\.7\.30 The message must not leave without verified TLS/),
    });
  });
});

// The last one: it ends the relay.
test("what TLS gave is counted for reports, by policy", async (context) => {
  needs(context, ...PROGRAMS);
  const results = await outgoing.tlsResults();
  const of = (policyDomain: string) =>
    results
      .filter((one) => one.policyDomain === policyDomain)
      .map((one) => [one.policyType, one.resultType, one.count]);
  expect(of("mx.ta.test")).toEqual([["tlsa", "success", 1]]);
  expect(of("mx.wrong.test")).toContainEqual(["tlsa", "validation-failure", 1]);
  expect(of("mx.othername.test")).toEqual([["tlsa", "certificate-host-mismatch", 1]]);
  expect(of("mx.oldta.test")).toEqual([["tlsa", "certificate-expired", 1]]);
  expect(of("mx.cleartext.test")).toEqual([["tlsa", "starttls-not-supported", 1]]);
  expect(of("none.test")).toEqual([]);
  const right = results.find((one) => one.policyDomain === "mx.right.test");
  expect(right).toMatchObject({
    policyString: [expect.stringMatching(/^3 1 1 [0-9a-f]{64}$/)],
    mxHost: "mx.right.test",
    mxIp: "127.0.0.11",
    sendingIp: expect.stringMatching(/^127\./),
  });
});
