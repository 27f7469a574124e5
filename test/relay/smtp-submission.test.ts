import nodemailer from "nodemailer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSubmissions, submit } from "../../src/outbound/index.ts";
import { sourceOf } from "../../src/blob/index.ts";
import { addAppPassword, type Principal } from "../../src/tenants/index.ts";
import { disableAccount } from "../support/disable-account.ts";
import { PASSWORD, type TestPlatform, testPlatform } from "../support/platform.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import {
  type Agency,
  HOSTNAME,
  inboxOf,
  newPeople,
  type SmtpRelay,
  startSmtpRelay,
  until,
} from "../support/smtp-relay.ts";

const AUTH_IN_TLS = "AUTH PLAIN LOGIN SCRAM-SHA-256-PLUS SCRAM-SHA-256 OAUTHBEARER XOAUTH2";

let platform: TestPlatform;
let relay: SmtpRelay;
let acme: Agency;
let beta: Agency;
let alice: Principal;
beforeAll(async () => {
  platform = await testPlatform();
  acme = { slug: "acme", domain: "acme.test", tenantId: await platform.tenant("acme", "acme.test") };
  beta = { slug: "beta", domain: "beta.test", tenantId: await platform.tenant("beta", "beta.test") };
  relay = await startSmtpRelay(platform, { delivery: {} });
  alice = await platform.person("alice@acme.test", { name: "Alice" });
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

async function somebody(agency: Agency, quotaBytes?: number): Promise<Principal> {
  const [person] = await newPeople(platform, agency, [quotaBytes]);
  if (person === undefined) throw new Error("nobody");
  return person;
}

const from = (address: string, ...more: readonly string[]): Buffer =>
  Buffer.from([`From: ${address}`, "Subject: Hello", ...more, "", "Hello.", ""].join("\r\n"));
const DATED = ["Date: Sat, 21 Nov 2026 10:00:00 +0200", "Message-ID: <m1@acme.test>"];

const plain = (user: string, password: string, as = ""): string => btoa(`${as}\0${user}\0${password}`);

describe("signing in", () => {
  test("PLAIN and LOGIN, with and without a first response, over TLS from the start", async () => {
    for (const dialog of [
      [`AUTH PLAIN ${plain("alice@acme.test", PASSWORD)}`],
      ["AUTH PLAIN", plain("ALICE@acme.test", PASSWORD, "alice@acme.test")],
      ["AUTH LOGIN", btoa("alice@acme.test"), btoa(PASSWORD)],
      [`auth login ${btoa("alice@acme.test")}`, btoa(PASSWORD)],
    ]) {
      const client = await SmtpClient.connect({ port: relay.ports.submissions, tls: true });
      const hello = await client.command("EHLO client.test");
      expect(hello.lines).toEqual(expect.arrayContaining([AUTH_IN_TLS, "DSN", "SIZE 52428800"]));
      expect(hello.lines).toContain("REQUIRETLS");
      expect(hello.lines.join()).toMatch(/FUTURERELEASE 32000000 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/);
      expect(hello.lines).not.toContain("STARTTLS");
      const replies = [];
      for (const line of dialog) replies.push((await client.command(line)).text.slice(0, 9));
      expect(replies.at(-1)).toBe("235 2.7.0");
      expect((await client.command("AUTH PLAIN")).text).toMatch(/^503/);
      await client.quit();
    }
  });

  test("the prompts of LOGIN are those that programs know", async () => {
    const client = await SmtpClient.connect({ port: relay.ports.submission });
    await client.command("EHLO client.test");
    expect((await client.command("AUTH LOGIN")).text).toBe("334 VXNlcm5hbWU6");
    expect((await client.command(btoa("alice@acme.test"))).text).toBe("334 UGFzc3dvcmQ6");
    expect((await client.command("*")).text).toMatch(/^501 5\.7\.0/);
    expect((await client.command("AUTH PLAIN")).text).toBe("334 ");
    expect((await client.command("!!!")).text).toMatch(/^501 5\.5\.2/);
    expect((await client.command("AUTH CRAM-MD5")).text).toMatch(/^504 5\.5\.4/);
    expect(
      (await client.command(`AUTH PLAIN ${plain("alice@acme.test", PASSWORD, "bob@acme.test")}`)).text,
    ).toMatch(/^535 5\.7\.8/);
    client.close();
  });

  test("an app password for smtp does, one for imap does not", async () => {
    const { tenancy } = platform;
    const [smtp, imap] = [
      await addAppPassword(tenancy, "alice@acme.test", ["smtp"], "printer"),
      await addAppPassword(tenancy, "alice@acme.test", ["imap"], "phone"),
    ];
    const client = await SmtpClient.connect({ port: relay.ports.submission });
    await client.command("EHLO client.test");
    expect((await client.command(`AUTH PLAIN ${plain("alice@acme.test", imap.password)}`)).code).toBe(535);
    expect((await client.command(`AUTH PLAIN ${plain("alice@acme.test", smtp.password)}`)).code).toBe(235);
    await client.quit();
  });

  test("wrong passwords, unknown people and accounts that are switched off; three are enough", async () => {
    const off = await somebody(acme);
    await disableAccount(platform, off);
    const client = await SmtpClient.connect({ port: relay.ports.submission });
    await client.command("EHLO client.test");
    const attempt = async (user: string, password: string): Promise<string> =>
      (await client.command(`AUTH PLAIN ${plain(user, password)}`)).text.slice(0, 9);
    expect(await attempt("alice@acme.test", "wrong")).toBe("535 5.7.8");
    expect(await attempt(off.address, PASSWORD)).toBe("535 5.7.13".slice(0, 9));
    expect(await attempt("nobody@nowhere.test", PASSWORD)).toBe("421 4.7.0");
    await expect(client.next()).rejects.toThrow(/closed/);
  });

  test("nothing goes without signing in, and no password goes in clear text unless on this machine", async () => {
    const client = await SmtpClient.connect({ port: relay.ports.submission });
    await client.command("EHLO client.test");
    expect((await client.command("MAIL FROM:<alice@acme.test>")).text).toMatch(/^530 5\.7\.0/);
    client.close();
    await using strict = await startSmtpRelay(platform, { cleartextLogin: "never" });
    const clear = await SmtpClient.connect({ port: strict.ports.submission });
    expect((await clear.command("EHLO client.test")).lines.join(" ")).not.toContain("AUTH");
    expect((await clear.command(`AUTH PLAIN ${plain("alice@acme.test", PASSWORD)}`)).text).toMatch(
      /^538 5\.7\.11/,
    );
    expect((await clear.command("MAIL FROM:<alice@acme.test>")).text).toMatch(/^538 5\.7\.11/);
    await clear.startTls();
    expect((await clear.command("EHLO client.test")).lines).toContain(AUTH_IN_TLS);
    expect((await clear.command(`AUTH PLAIN ${plain("alice@acme.test", PASSWORD)}`)).code).toBe(235);
    await clear.quit();
  });
});

describe("who may send as whom", () => {
  test.each([
    [
      "another's envelope",
      "bob@acme.test",
      "alice@acme.test",
      /^550 5\.7\.1 MAIL FROM: <bob@acme\.test> is not one of/,
    ],
    [
      "another's From",
      "alice@acme.test",
      "bob@acme.test",
      /^550 5\.7\.1 From: <bob@acme\.test> is not one of/,
    ],
    [
      "one of two in From",
      "alice@acme.test",
      "Alice <alice@acme.test>, b@x.test",
      /^550 5\.7\.1 From: <b@x\.test>/,
    ],
    [
      "a group in From",
      "alice@acme.test",
      "us: alice@acme.test, b@x.test;",
      /^550 5\.7\.1 From: <b@x\.test>/,
    ],
    [
      "an address in a name",
      "alice@acme.test",
      '"alice@acme.test" <b@x.test>',
      /^550 5\.7\.1 From: <b@x\.test>/,
    ],
    ["a local part that looks like it", "alice@acme.test", '"alice@acme.test"@x.test', /^550 5\.7\.1 From/],
    ["an empty From", "alice@acme.test", "", /^550 5\.7\.1 The message has no From/],
    [
      "two From fields",
      "alice@acme.test",
      "alice@acme.test\r\nFrom: b@x.test",
      /^550 5\.7\.1 From: <b@x\.test>/,
    ],
    [
      "a From with a blank before its colon",
      "alice@acme.test",
      "alice@acme.test\r\nFROM : b@x.test",
      /^550 5\.7\.1/,
    ],
    ["its own, in capitals", "Alice@ACME.test", "=?utf-8?q?Al=C3=AFce?= <ALICE@acme.test>", /^250/],
    ["the null path with its own From", "", "alice@acme.test", /^250/],
  ])("%s", async (_, mailFrom, fromField, expected) => {
    const to = await somebody(acme);
    const client = await relay.submission("alice@acme.test");
    const reply = await client.send({ from: mailFrom, to: [to.address] }, from(fromField));
    expect(reply.text).toMatch(expected);
    await client.quit();
    expect(await inboxOf(platform, to)).toHaveLength(reply.code === 250 ? 1 : 0);
  });

  test("a message without any From is refused", async () => {
    const client = await relay.submission("alice@acme.test");
    const reply = await client.send(
      { from: "alice@acme.test", to: ["alice@acme.test"] },
      Buffer.from("Subject: a\r\n\r\nFrom: alice@acme.test\r\n"),
    );
    expect(reply.text).toMatch(/^550 5\.7\.1 The message has no From/);
    await client.quit();
  });

  test("recipients: unknown ones here are refused at once, people elsewhere are taken", async () => {
    const off = await somebody(beta);
    await disableAccount(platform, off);
    const client = await relay.submission("alice@acme.test");
    await client.command("MAIL FROM:<alice@acme.test>");
    const replies = await client.pipeline(
      ["nobody@acme.test", "nobody@beta.test", off.address, "bob@elsewhere.test"].map(
        (to) => `RCPT TO:<${to}>`,
      ),
    );
    expect(replies.map((reply) => reply.text.slice(0, 9))).toEqual([
      "550 5.1.1",
      "550 5.1.1",
      "550 5.2.1",
      "250 2.1.5",
    ]);
    client.close();
  });
});

describe("what is handed over", () => {
  test("goes to the byte behind a Received that does not tell where the sender is", async () => {
    const to = await somebody(acme);
    const octets = Buffer.concat([
      from("alice@acme.test", ...DATED, "Bcc: hidden@acme.test"),
      Buffer.from("bare\nlf ..\n.\nand \xFF\0\r\n", "latin1"),
    ]);
    const client = await relay.submission("alice@acme.test");
    expect((await client.send({ from: "alice@acme.test", to: [to.address] }, octets)).code).toBe(250);
    await client.quit();
    const [stored = Buffer.alloc(0)] = await inboxOf(platform, to);
    const trace = stored.subarray(0, stored.length - octets.length).toString();
    expect(stored.subarray(-octets.length)).toEqual(octets);
    expect(trace).toMatch(
      new RegExp(
        `^Return-Path: <alice@acme\\.test>\\r\\nReceived: by ${HOSTNAME} with ESMTPA id \\w{26};\\r\\n\\t[^\\r]+\\r\\n$`,
      ),
    );
  });

  test("a missing Date and Message-ID are added, nothing else", async () => {
    const to = await somebody(acme);
    const octets = from("alice@acme.test");
    const client = await relay.submission("alice@acme.test");
    await client.send({ from: "alice@acme.test", to: [to.address] }, octets);
    await client.quit();
    const [stored = Buffer.alloc(0)] = await inboxOf(platform, to);
    expect(stored.subarray(-octets.length)).toEqual(octets);
    expect(stored.subarray(0, -octets.length).toString()).toMatch(
      /^Return-Path: .+\r\nReceived: .+\r\n\t.+\r\nDate: \w{3}, \d+ \w{3} \d{4} [\d:]{8} \+0000\r\nMessage-ID: <[\da-f-]{36}@acme\.test>\r\n$/,
    );
  });

  test("to people of the same agency in the commit itself, to others here by the queue", async () => {
    const [colleague, other] = [await somebody(acme), await somebody(beta)];
    const client = await relay.submission("alice@acme.test");
    const octets = from("alice@acme.test", ...DATED);
    await client.send({ from: "alice@acme.test", to: [other.address, colleague.address] }, octets);
    expect(await inboxOf(platform, colleague)).toHaveLength(1);
    await client.quit();
    const [stored] = await until(async () => {
      const inbox = await inboxOf(platform, other);
      return inbox.length > 0 && inbox;
    });
    expect(stored?.subarray(-octets.length)).toEqual(octets);
    expect(stored?.toString()).toMatch(/^Return-Path: <alice@acme\.test>\r\nReceived: by /);
  });

  test("a mailbox with two addresses in one message gets it once", async () => {
    const to = await somebody(acme);
    const client = await relay.submission("alice@acme.test");
    const reply = await client.send(
      { from: "alice@acme.test", to: [to.address, to.address.toUpperCase()] },
      from("alice@acme.test"),
    );
    expect(reply.code).toBe(250);
    await client.quit();
    expect(await inboxOf(platform, to)).toHaveLength(1);
  });

  test("a full mailbox is tried again, and the message is not lost", async () => {
    const full = await somebody(acme, 100);
    const submitted = await submit(relay.outbound, alice, {
      content: sourceOf(from("alice@acme.test")),
      envelope: {
        mailFrom: "alice@acme.test",
        rcptTo: [{ address: full.address, notify: null, orcpt: null }],
        smtpUtf8: false,
        ret: null,
        envid: null,
      },
      received: "",
      removeBcc: false,
    });
    expect(submitted.recipients).toEqual([{ address: full.address, delivered: "queued", smtpReply: null }]);
    const status = await until(async () => {
      const [one] = await platform.db.tenant(acme.tenantId, (tx) =>
        readSubmissions(tx, alice.accountId, [submitted.id]),
      );
      return one?.recipients[0]?.smtpReply === null ? false : one?.recipients[0];
    });
    // It is larger than the mailbox will ever be: the sender hears of it at once.
    expect(status).toMatchObject({
      delivered: "no",
      smtpReply: "550 5.2.2 The message is larger than this mailbox.",
    });
  });

  test("nodemailer sends over STARTTLS with an attachment", async () => {
    const to = await somebody(acme);
    const transport = nodemailer.createTransport({
      host: "127.0.0.1",
      port: relay.ports.submission,
      requireTLS: true,
      tls: { rejectUnauthorized: false },
      auth: { user: "alice@acme.test", pass: PASSWORD },
    });
    await transport.sendMail({
      from: "Alice <alice@acme.test>",
      to: to.address,
      bcc: "alice@acme.test",
      subject: "Καλημέρα",
      text: ".\n..dots\n",
      attachments: [{ filename: "a.bin", content: Buffer.alloc(400_000, 7) }],
    });
    transport.close();
    const [stored] = await inboxOf(platform, to);
    expect(stored?.toString()).toMatch(/with ESMTPSA id/);
    expect(stored?.toString()).not.toMatch(/^bcc:/im);
    expect(stored?.length).toBeGreaterThan(500_000);
  });

  test("Bcc of a draft does not leave, when the caller says so; the rest stays to the byte", async () => {
    const to = await somebody(acme);
    const draft = Buffer.from(
      "From: alice@acme.test\r\nBcc: a@x.test,\r\n b@x.test\r\nDate: x\r\nBCC: c@x.test\r\nMessage-ID: <1@x>\r\n\r\nBcc: stays\r\n",
    );
    await submit(relay.outbound, alice, {
      content: sourceOf(draft),
      envelope: {
        mailFrom: "alice@acme.test",
        rcptTo: [{ address: to.address, notify: null, orcpt: null }],
        smtpUtf8: true,
        ret: null,
        envid: null,
      },
      received: "",
      removeBcc: true,
    });
    const [stored] = await inboxOf(platform, to);
    expect(stored?.toString()).toBe(
      "Return-Path: <alice@acme.test>\r\nFrom: alice@acme.test\r\nDate: x\r\nMessage-ID: <1@x>\r\n\r\nBcc: stays\r\n",
    );
  });
});
