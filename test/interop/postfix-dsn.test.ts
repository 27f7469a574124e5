import { expect, test } from "vitest";
import { newAuthority } from "../support/certificates.ts";
import { freePorts } from "../support/free-ports.ts";
import { startOutgoing } from "../support/outgoing.ts";
import { postfixUnavailable, startPostfix } from "../support/postfix-mx.ts";
import { needs } from "../support/programs.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import { fakeResolver, inboxOf } from "../support/smtp-relay.ts";

test("Postfix hands the request for a notice of success over to us, and gets the notice", async (context) => {
  needs(context, "openssl", "postfix");
  const reason = postfixUnavailable();
  if (reason !== undefined) context.skip(reason);
  using authority = newAuthority();
  await using stack = new AsyncDisposableStack();
  const [port = 0] = await freePorts(1);
  const outgoing = stack.use(
    await startOutgoing(
      fakeResolver({
        mx: { "peer.test": [{ exchange: "mx.peer.test", priority: 10 }] },
        a: { "mx.peer.test": ["127.0.0.14"] },
        txt: { "peer.test": ["v=spf1 ip4:127.0.0.0/8 -all"] },
      }),
      { port },
    ),
  );
  const postfix = stack.use(
    await startPostfix({
      port,
      domains: ["peer.test"],
      listens: { "127.0.0.14": authority.issue(["mx.peer.test"]) },
      relays: { "acme.test": outgoing.relay.ports.mx },
    }),
  );
  const client = await SmtpClient.connect({ port: postfix.port, host: "127.0.0.14" });
  await client.command("EHLO client.peer.test");
  await client.pipeline([
    "MAIL FROM:<bob@peer.test> ENVID=from-bob",
    `RCPT TO:<${outgoing.sender.address}> NOTIFY=SUCCESS ORCPT=rfc822;old@acme.test`,
    "DATA",
  ]);
  const letter = Buffer.from("From: bob@peer.test\r\nSubject: Tell me\r\n\r\nHello.\r\n");
  expect((await client.content(letter)).text).toMatch(/^250 /);
  await client.quit();
  await expect.poll(() => postfix.taken().length, { timeout: 30_000 }).toBe(1);
  const [notice] = postfix.taken();
  expect(notice).toContain("Original-Envelope-Id: from-bob");
  expect(notice).toContain("Original-Recipient: rfc822; old@acme.test");
  expect(notice).toContain(`Final-Recipient: rfc822; ${outgoing.sender.address}`);
  expect(notice).toContain("Action: delivered");
  expect(await inboxOf(outgoing.platform, outgoing.sender)).toHaveLength(1);
}, 120_000);
