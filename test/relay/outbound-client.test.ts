import { Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { type BlobSource, sourceOf } from "../../src/blob/index.ts";
import { BlobId } from "../../src/kernel/id.ts";
import {
  type AttemptResult,
  type QueuedRecipient,
  type QueueEntry,
  SubmissionId,
} from "../../src/outbound/index.ts";
import { deliverElsewhere as deliver } from "../../smtp-relay/delivery/deliver-elsewhere.ts";
import { deliveryMetrics } from "../../smtp-relay/delivery/delivery-metrics.ts";
import { DELIVERY_DEFAULTS, type DeliverySettings } from "../../smtp-relay/delivery/delivery-settings.ts";
import { nodeResolver } from "../../smtp-relay/delivery/node-resolver.ts";
import { newTransport } from "../../smtp-relay/delivery/transport.ts";
import { DnsError, type Resolver, reverseName } from "../../src/dns/index.ts";
import { startFakeDns } from "../support/fake-dns.ts";
import { startFakeMx } from "../support/fake-mx.ts";
import { startScriptedServer } from "../support/scripted-server.ts";
import { fakeResolver } from "../support/smtp-relay.ts";

const RECIPIENTS = ["a@other.test", "b@other.test"].map((address, n) => ({
  n,
  address,
  notify: null,
  orcpt: null,
}));
const CONTENT = sourceOf(Buffer.from("Subject: a\r\n\r\n.b\r\n"));

function entryOf(more: Partial<QueueEntry> = {}): QueueEntry {
  return {
    submissionId: SubmissionId.parse("00000000-0000-7000-8000-000000000001"),
    accountId: null,
    blobId: BlobId.parse("00000000-0000-7000-8000-000000000002"),
    size: CONTENT.size,
    mailFrom: "me@acme.test",
    eightBit: false,
    smtpUtf8: false,
    ret: null,
    envid: null,
    requireTls: false,
    tlsOptional: false,
    pool: "main",
    arrivedAt: 0,
    domain: "other.test",
    attempts: 0,
    giveUpAt: 0,
    delayTold: false,
    recipients: RECIPIENTS,
    ...more,
  };
}

const settings = (port: number, more: Partial<DeliverySettings> = {}): DeliverySettings => ({
  ...DELIVERY_DEFAULTS,
  hostname: "me.test",
  smarthost: undefined,
  port,
  concurrency: 1,
  leaseMs: 1_000,
  pollMs: 1_000,
  timeouts: { connectMs: 1_000, commandMs: 300, finalMs: 300 },
  ...more,
});

/** One delivery that shares its connections with no other. */
async function deliverElsewhere(
  dns: Resolver,
  how: DeliverySettings,
  entry: QueueEntry,
  recipients: readonly QueuedRecipient[],
  content: BlobSource,
): Promise<readonly AttemptResult[]> {
  const transport = newTransport({ resolver: dns, settings: how });
  const { results } = await deliver(transport, entry, recipients, content);
  await transport.sessions.close();
  return results;
}

const told = (results: readonly AttemptResult[]): string[] =>
  results.map((one) => `${one.outcome}: ${one.reply}`);
const resolver = fakeResolver({ a: { "other.test": ["127.0.0.1"] } });

async function attempt(port: number, entry = entryOf()): Promise<string[]> {
  return told(await deliverElsewhere(resolver, settings(port), entry, entry.recipients, CONTENT));
}

describe("servers that are not like others", () => {
  test("one that knows only HELO, without pipelining", async () => {
    let isData = false;
    await using server = await startScriptedServer("220-hello\r\n220 there\r\n", (line) => {
      if (isData) {
        isData = line !== ".";
        return isData ? null : "250 got it\r\n";
      }
      isData = line === "DATA";
      if (line.startsWith("EHLO")) return "502 what?\r\n";
      if (line.startsWith("RCPT TO:<b@")) return "551 moved\r\n";
      return isData ? "354 go\r\n" : "250 ok\r\n";
    });
    expect(await attempt(server.port)).toEqual(["relayed: 250 got it", "permanent: 551 moved"]);
    await expect
      .poll(() => server.heard)
      .toEqual([
        "EHLO me.test",
        "HELO me.test",
        "MAIL FROM:<me@acme.test>",
        "RCPT TO:<a@other.test>",
        "RCPT TO:<b@other.test>",
        "DATA",
        "Subject: a",
        "",
        "..b",
        ".",
        "QUIT",
      ]);
  });

  test("one that says 354 to nobody gets an empty message, and everybody the refusal", async () => {
    await using server = await startScriptedServer("220 hi\r\n", (line) => {
      if (line.startsWith("EHLO")) return "250-hi\r\n250 PIPELINING\r\n";
      if (line.startsWith("RCPT")) return "550 5.1.1 nobody\r\n";
      return line === "DATA" ? "354 go\r\n" : line === "." ? "554 nobody\r\n" : "250 ok\r\n";
    });
    expect(await attempt(server.port)).toEqual([
      "permanent: 550 5.1.1 nobody",
      "permanent: 550 5.1.1 nobody",
    ]);
    await expect.poll(() => server.heard.slice(-2)).toEqual([".", "QUIT"]);
  });

  test("a refused sender is a refusal for each recipient", async () => {
    await using server = await startScriptedServer("220 hi\r\n", (line) =>
      line.startsWith("EHLO")
        ? "250-hi\r\n250 PIPELINING\r\n"
        : line.startsWith("MAIL")
          ? "451 4.7.1 later\r\n"
          : "503 5.5.1 no\r\n",
    );
    expect(await attempt(server.port)).toEqual(["temporary: 451 4.7.1 later", "temporary: 451 4.7.1 later"]);
  });

  test.each([
    ["421 in the middle", "421 4.3.2 closing\r\n", "temporary: 451 4.4.2 the server said 421 closing"],
    ["silence", null, "temporary: 451 4.4.2 the server did not answer in time"],
    ["hanging up", "hang up", "temporary: 451 4.4.2 the server hung up"],
    ["no SMTP", "what do you mean\r\n", "temporary: 451 4.4.2 the server does not speak SMTP"],
  ])("%s is tried again", async (_, answer, expected) => {
    await using server = await startScriptedServer("220 hi\r\n", (line) =>
      line.startsWith("EHLO") ? "250 hi\r\n" : line.startsWith("MAIL") ? answer : "250 ok\r\n",
    );
    expect(await attempt(server.port)).toEqual([expected, expected]);
  });

  test("a greeting without end, or of 554, is this host's fault: tried again", async () => {
    await using endless = await startScriptedServer("220-x\r\n", () => null);
    expect((await attempt(endless.port))[0]).toMatch(/^temporary: 451 4\.4\.2/);
    await using closed = await startScriptedServer("554 5.3.2 no service\r\n", () => null);
    expect(await attempt(closed.port)).toEqual([
      "temporary: 554 5.3.2 no service",
      "temporary: 554 5.3.2 no service",
    ]);
  });

  test("TLS that does not work is done without", async () => {
    let isData = false;
    await using server = await startScriptedServer("220 hi\r\n", (line, socket) => {
      if (isData) {
        isData = line !== ".";
        return isData ? null : "250 2.0.0 got it\r\n";
      }
      isData = line === "DATA";
      if (line.startsWith("EHLO")) return "250-hi\r\n250 STARTTLS\r\n";
      if (line === "STARTTLS") {
        setTimeout(() => socket.write("this is not TLS at all"), 20);
        return "220 go\r\n";
      }
      return isData ? "354 go\r\n" : "250 ok\r\n";
    });
    expect(await attempt(server.port)).toEqual(["relayed: 250 2.0.0 got it", "relayed: 250 2.0.0 got it"]);
    expect(server.heard.filter((line) => line === "STARTTLS")).toHaveLength(1);
  });

  test("a message that is larger than the server says it takes is not sent", async () => {
    await using server = await startScriptedServer("220 hi\r\n", () => "250-hi\r\n250 SIZE 10\r\n");
    expect(await attempt(server.port)).toEqual([
      "permanent: 552 5.3.4 The server takes messages of at most 10 octets",
      "permanent: 552 5.3.4 The server takes messages of at most 10 octets",
    ]);
    await expect.poll(() => server.heard).toEqual(["EHLO me.test", "QUIT"]);
  });

  test("what NOTIFY asked for is passed on, if the server knows it", async () => {
    await using server = await startScriptedServer("220 hi\r\n", (line) =>
      line.startsWith("EHLO")
        ? "250-hi\r\n250-DSN\r\n250 SIZE\r\n"
        : line.startsWith("MAIL")
          ? "250 ok\r\n"
          : "450 later\r\n",
    );
    const recipients = [
      { n: 0, address: "a@other.test", notify: ["SUCCESS"] as const, orcpt: "rfc822;x+y@z.test" },
    ];
    await attempt(server.port, entryOf({ ret: "HDRS", envid: "e 1", recipients }));
    expect(server.heard.slice(1, 3)).toEqual([
      `MAIL FROM:<me@acme.test> SIZE=${CONTENT.size} RET=HDRS ENVID=e+201`,
      "RCPT TO:<a@other.test> NOTIFY=SUCCESS ORCPT=rfc822;x+2By@z.test",
    ]);
  });

  test("a smarthost in TLS from the first octet must have a certificate that fits its name", async () => {
    await using host = await startFakeMx({ secure: true });
    const smarthost = { host: "localhost", port: host.port, secure: true, login: undefined };
    const results = await deliverElsewhere(
      resolver,
      settings(host.port, { smarthost }),
      entryOf(),
      RECIPIENTS,
      CONTENT,
    );
    expect(told(results)[0]).toBe("temporary: 451 4.4.1 The next mail server does not answer");
  });

  test("a password is not sent to a smarthost that has no login", async () => {
    await using server = await startScriptedServer("220 hi\r\n", () => "250 hi\r\n");
    const smarthost = {
      host: "127.0.0.1",
      port: server.port,
      secure: false,
      login: { user: "u", password: "secret" },
    };
    const results = await deliverElsewhere(
      resolver,
      settings(server.port, { smarthost }),
      entryOf(),
      RECIPIENTS,
      CONTENT,
    );
    expect(told(results)[0]).toMatch(/^temporary: 451 4\.7\.0/);
    expect(server.heard).toEqual(["EHLO me.test"]);
  });

  test("AUTH LOGIN, where there is no PLAIN", async () => {
    const answers = [
      "250-hi\r\n250 AUTH LOGIN\r\n",
      "334 VXNlcm5hbWU6\r\n",
      "334 UGFzc3dvcmQ6\r\n",
      "235 ok\r\n",
      "550 no\r\n",
    ];
    await using server = await startScriptedServer("220 hi\r\n", () => answers.shift() ?? "550 no\r\n");
    const smarthost = {
      host: "127.0.0.1",
      port: server.port,
      secure: false,
      login: { user: "u", password: "p" },
    };
    await deliverElsewhere(resolver, settings(server.port, { smarthost }), entryOf(), RECIPIENTS, CONTENT);
    expect(server.heard.slice(0, 4)).toEqual(["EHLO me.test", "AUTH LOGIN", btoa("u"), btoa("p")]);
  });
});

describe("DNS", () => {
  test("the configured name server is asked: MX in order, then addresses; what it does not say waits or comes back", async () => {
    await using mx = await startFakeMx({ host: "127.0.0.5" });
    await using dns = await startFakeDns({
      "MX other.test": ["20 second.test", "10 first.test"],
      "A first.test": ["127.0.0.6"],
      "A second.test": ["127.0.0.5"],
      "MX broken.test": "SERVFAIL",
      "MX null.test": ["0 "],
      "MX dangling.test": ["10 nowhere.test"],
      "PTR 1.2.0.192.in-addr.arpa": ["liar.test", "honest.test"],
      "A liar.test": ["192.0.2.99"],
      "A honest.test": ["192.0.2.1"],
    });
    const real = nodeResolver([{ host: "127.0.0.1", port: dns.port }]);
    const to = async (domain: string): Promise<string | undefined> =>
      told(await deliverElsewhere(real, settings(mx.port), entryOf({ domain }), RECIPIENTS, CONTENT))[0];
    expect(await to("other.test")).toBe("relayed: 250 OK: message queued");
    expect(mx.taken).toHaveLength(1);
    expect(await to("broken.test")).toBe("temporary: 451 4.4.3 The DNS of broken.test does not answer");
    expect(await to("null.test")).toBe("permanent: 556 5.1.10 The domain null.test does not accept any mail");
    expect(await to("nothing.test")).toBe("permanent: 550 5.1.2 The domain nothing.test can't be found");
    expect(await to("dangling.test")).toBe("permanent: 550 5.1.2 The domain dangling.test can't be found");
    await expect(real.mx("broken.test")).rejects.toThrow(DnsError);
    expect(await real.mx("nothing.test")).toEqual([]);
    expect(await reverseName(real, "192.0.2.1")).toBe("honest.test");
    expect(await reverseName(real, "192.0.2.2")).toBeNull();
  });
});

test("the metrics of one registry are made once", () => {
  const registry = new Registry();
  expect(deliveryMetrics(registry)).toBe(deliveryMetrics(registry));
});
