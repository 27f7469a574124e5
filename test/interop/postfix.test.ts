import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Authority, newAuthority } from "../support/certificates.ts";
import { freePorts } from "../support/free-ports.ts";
import { type Outgoing, startOutgoing } from "../support/outgoing.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import { startPolicyServer } from "../support/policy-server.ts";
import { type Postfix, postfixUnavailable, startPostfix } from "../support/postfix-mx.ts";
import { missing, needs } from "../support/programs.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import { fakeResolver, HOSTNAME, inboxOf, newPeople, startSmtpRelay, until } from "../support/smtp-relay.ts";

const PROGRAMS = ["openssl", "postfix"] as const;

let authority: Authority;
let outgoing: Outgoing;
let postfix: Postfix;

beforeAll(async () => {
  if (missing(...PROGRAMS) !== undefined || postfixUnavailable() !== undefined) return;
  authority = newAuthority();
  const [port = 0] = await freePorts(1);
  outgoing = await startOutgoing(
    fakeResolver({
      mx: { "peer.test": [{ exchange: "mx.peer.test", priority: 10 }] },
      a: { "mx.peer.test": ["127.0.0.14"] },
    }),
    { port },
  );
  postfix = await startPostfix({
    port,
    domains: ["peer.test"],
    listens: { "127.0.0.14": authority.issue(["mx.peer.test"]) },
    relays: { "acme.test": outgoing.relay.ports.mx },
  });
}, 120_000);
afterAll(async () => {
  await outgoing?.[Symbol.asyncDispose]();
  await postfix?.[Symbol.asyncDispose]();
  authority?.[Symbol.dispose]();
});
beforeEach((context) => {
  needs(context, ...PROGRAMS);
  const reason = postfixUnavailable();
  if (reason !== undefined) context.skip(reason);
});

test("Postfix takes our mail over TLS, and we take its mail over TLS", async () => {
  expect(await outgoing.send("bob@peer.test", { subject: "There" })).toMatchObject({ delivered: "unknown" });
  await expect.poll(() => postfix.taken().length, { timeout: 20_000 }).toBe(1);
  expect(postfix.taken()[0]).toMatch(/Received: from mx\.hosted\.test .*\n.*using TLSv1\.3/);

  const client = await SmtpClient.connect({ port: postfix.port, host: "127.0.0.14" });
  await client.command("EHLO client.peer.test");
  const letter = Buffer.from("From: bob@peer.test\r\nSubject: And back\r\n\r\nHello.\r\n");
  const reply = await client.send({ from: "bob@peer.test", to: [outgoing.sender.address] }, letter);
  expect(reply.text).toMatch(/^250 /);
  await client.quit();
  const [message] = await until(async () => {
    const inbox = await inboxOf(outgoing.platform, outgoing.sender);
    return inbox.length > 0 && inbox;
  });
  expect(message?.toString()).toMatch(/^Return-Path: <bob@peer\.test>\r\n/);
  expect(message?.toString()).toMatch(/with ESMTPS/);
  expect(message?.toString()).toContain("Subject: And back\r\n");
  expect(postfix.log()).toMatch(/TLS connection established to 127\.0\.0\.1\[127\.0\.0\.1\]:\d+: TLSv1\.3/);
});

describe("another relay of our own, which promises REQUIRETLS", () => {
  test("REQUIRETLS goes on with the message, when the other side can be verified", async () => {
    const far: TestPlatform = await testPlatform();
    await using stack = new AsyncDisposableStack();
    stack.use(far);
    const tenantId = await far.tenant("far", "far.test");
    const [reader] = await newPeople(far, { slug: "far", domain: "far.test", tenantId }, [undefined]);
    if (reader === undefined) throw new Error("nobody");
    const { certFile: cert, keyFile: key } = authority.issue(["mx.far.test"]);
    const there = stack.use(await startSmtpRelay(far, { tlsFiles: { cert, key } }));
    const web = stack.use(await startPolicyServer({}, authority.issue(["mta-sts.far.test"])));
    web.policies.set("mta-sts.far.test", "version: STSv1\nmode: enforce\nmx: mx.far.test\nmax_age: 86400\n");
    const here = stack.use(
      await startOutgoing(
        fakeResolver({
          mx: { "far.test": [{ exchange: "mx.far.test", priority: 10 }] },
          a: { "mx.far.test": ["127.0.0.1"], "mta-sts.far.test": ["127.0.0.1"] },
          txt: { "_mta-sts.far.test": ["v=STSv1; id=1"] },
        }),
        { port: there.ports.mx, policyPort: web.port, extraCa: authority.pem },
      ),
    );
    expect(await here.send(reader.address, { requireTls: true })).toMatchObject({ delivered: "unknown" });
    const [message] = await inboxOf(far, reader);
    expect(message?.toString()).toContain(`by ${HOSTNAME}`);
    expect(message?.toString()).toMatch(/with ESMTPS/);
  });
});
