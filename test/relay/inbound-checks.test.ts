import { generateKeyPairSync } from "node:crypto";
import { dkimSign } from "mailauth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MailPolicy, type MailPolicyInput } from "../../src/contract/mail-policy.ts";
import { ALL_UIDS, listPlacements, readMailboxByRole, readMessages } from "../../src/mailstore/index.ts";
import { indexMessage, type MimeIndex } from "../../src/protocol/mime-structure/index.ts";
import { type Principal, upsertMailPolicy } from "../../src/tenants/index.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import {
  type Agency,
  HOSTNAME,
  inboxOf,
  newPeople,
  startSmtpRelay,
  type SmtpRelay,
  withoutTrace,
} from "../support/smtp-relay.ts";

const keys = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "der" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const DNS = {
  txt: {
    "signed.test": ["v=spf1 -all"],
    "_dmarc.signed.test": ["v=DMARC1; p=reject"],
    "s1._domainkey.signed.test": [`v=DKIM1; k=rsa; p=${keys.publicKey.toString("base64")}`],
    "vouched.test": ["v=spf1 ip4:127.0.0.1 -all"],
    "_dmarc.vouched.test": ["v=DMARC1; p=reject"],
    "_dmarc.careful.test": ["v=DMARC1; p=quarantine"],
    "_dmarc.broken.test": "SERVFAIL" as const,
    "hard.test": ["v=spf1 -all"],
  },
};

let platform: TestPlatform;
let relay: SmtpRelay;
let count = 0;
beforeAll(async () => {
  platform = await testPlatform();
  relay = await startSmtpRelay(platform, { dns: DNS });
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

async function somebody(policy: MailPolicyInput = {}): Promise<Principal> {
  const slug = `c${++count}`;
  const agency: Agency = {
    slug,
    domain: `${slug}.test`,
    tenantId: await platform.tenant(slug, `${slug}.test`),
  };
  await platform.db.tenant(agency.tenantId, (tx) => upsertMailPolicy(tx, MailPolicy.parse(policy)));
  const [person] = await newPeople(platform, agency, [undefined]);
  if (person === undefined) throw new Error("nobody");
  return person;
}

const mail = (domain: string, more = ""): Buffer =>
  Buffer.from(`From: Ann <ann@${domain}>\r\n${more}Subject: hello\r\n\r\nHello.\r\n`);

/** A text with a file between its lines, whose content is `Cat`. */
const withLines = (name: string): Buffer =>
  mail("other.test", `\r\nbegin 644 ${name}\r\n#0V%T\r\n\`\r\nend\r\n`);

async function send(from: string, message: Buffer, ...to: readonly string[]): Promise<string> {
  const client = await relay.mx();
  const { text } = await client.send({ from, to }, message);
  client.close();
  return text;
}

async function traceOf(person: Principal): Promise<string> {
  const [stored = Buffer.alloc(0)] = await inboxOf(platform, person);
  return withoutTrace(stored).trace;
}

async function countIn({ tenantId, accountId }: Principal, role: "inbox" | "junk"): Promise<number> {
  return platform.db.tenant(tenantId, async (tx) => {
    const { id } = await readMailboxByRole(tx, accountId, role);
    return (await listPlacements(tx, id, ALL_UIDS)).length;
  });
}

describe("what vouches for a sender", () => {
  test("a signature, though SPF fails", async () => {
    const person = await somebody();
    const message = mail("signed.test");
    const key = { signingDomain: "signed.test", selector: "s1", privateKey: keys.privateKey };
    // The types ask for the key itself, the code for a list of keys.
    const { signatures } = await dkimSign(message, { ...key, signatureData: [key] });
    const whole = Buffer.concat([Buffer.from(signatures), message]);
    expect(await send("ann@signed.test", whole, person.address)).toMatch(/^250 /);
    const trace = await traceOf(person);
    expect(trace).toMatch(
      new RegExp(
        `^Return-Path: .*\r\nAuthentication-Results: ${HOSTNAME};\r\n\tdkim=pass .*;\r\n\tspf=fail .*;\r\n\tdmarc=pass `,
      ),
    );
    expect(trace).toContain("X-Angelia-Checks: spam=off; virus=off; attachments=done\r\n");
  });

  test("SPF", async () => {
    const person = await somebody();
    expect(await send("ann@vouched.test", mail("vouched.test"), person.address)).toMatch(/^250 /);
    expect(await traceOf(person)).toMatch(/spf=pass [^]*dmarc=pass /);
  });

  test("nothing: what the author's domain asks for is done, or only written down", async () => {
    const [person, marks] = [await somebody(), await somebody({ dmarc: "mark" })];
    expect(await send("x@other.test", mail("signed.test"), person.address)).toMatch(/^550 5\.7\.26 /);
    expect(await send("x@other.test", mail("signed.test"), marks.address)).toMatch(/^250 /);
    expect(await traceOf(marks)).toMatch(/dmarc=fail /);
    expect(await send("x@other.test", mail("careful.test"), person.address)).toMatch(/^250 /);
    expect([await countIn(person, "inbox"), await countIn(person, "junk")]).toEqual([0, 1]);
  });

  test("SPF alone refuses nobody, and DNS that fails neither", async () => {
    const person = await somebody();
    expect(await send("x@hard.test", mail("hard.test"), person.address)).toMatch(/^250 /);
    expect(await traceOf(person)).toMatch(/spf=fail /);
    expect(await send("x@broken.test", mail("broken.test"), person.address)).toMatch(/^250 /);
    expect(await countIn(person, "inbox")).toBe(2);
  });

  test("the postmaster gets into Junk what would be refused", async () => {
    const { tenantId } = await somebody();
    const postmaster = await platform.person(`postmaster@c${count}.test`);
    expect(postmaster.tenantId).toBe(tenantId);
    expect(await send("x@other.test", mail("signed.test"), postmaster.address)).toMatch(/^250 /);
    expect(await countIn(postmaster, "junk")).toBe(1);
  });

  test("two agencies: one marks, the other's copy is held back, nobody is bounced", async () => {
    const [strict, marks] = [await somebody(), await somebody({ dmarc: "mark" })];
    expect(await send("x@other.test", mail("signed.test"), strict.address, marks.address)).toMatch(/^250 /);
    expect([await countIn(strict, "inbox"), await countIn(strict, "junk")]).toEqual([0, 0]);
    expect(await countIn(marks, "inbox")).toBe(1);
  });
});

describe("the header", () => {
  test("results in our name are removed, those of others and all other octets stay", async () => {
    const person = await somebody();
    const others =
      "Authentication-Results: other.test; dmarc=pass\r\nX-Odd:  two  blanks \r\n\tand a fold\r\n";
    const forged = `authentication-Results: (x) ${HOSTNAME.toUpperCase()} 1;\r\n\tdmarc=pass\r\n`;
    await send(
      "x@other.test",
      Buffer.concat([Buffer.from(forged), mail("other.test", others)]),
      person.address,
    );
    const [stored = Buffer.alloc(0)] = await inboxOf(platform, person);
    expect(stored.toString().endsWith(mail("other.test", others).toString())).toBe(true);
    expect(stored.toString().match(/^authentication-results: .*$/gim)).toHaveLength(2);
  });

  test("one that does not end is refused, and the session goes on", async () => {
    const person = await somebody();
    const long = Buffer.from(`From: a@b.test\r\nX-Long: ${"x\r\n ".repeat(80_000)}\r\n\r\nx\r\n`);
    const client = await relay.mx();
    expect((await client.send({ from: "a@b.test", to: [person.address] }, long)).text).toMatch(
      /^552 5\.3\.4 /,
    );
    expect((await client.send({ from: "a@b.test", to: [person.address] }, mail("b.test"))).code).toBe(250);
    client.close();
  });
});

describe("attachments", () => {
  const program = Buffer.concat([Buffer.from("MZ"), Buffer.alloc(300)]);
  const withFile = (name: string): Buffer =>
    Buffer.from(
      `From: a@b.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/jpeg; name="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n${program.toString("base64").replace(/.{76}/g, "$&\r\n")}\r\n--b--\r\n`,
    );

  test("a program in disguise is held back, refused, or taken, as the agency wishes", async () => {
    const [holds, refuses, takes] = [
      await somebody(),
      await somebody({ attachments: { action: "reject" } }),
      await somebody({ attachments: { blocked: [] } }),
    ];
    expect(await send("a@b.test", withFile("photo.jpg"), holds.address)).toMatch(/^250 /);
    expect([await countIn(holds, "inbox"), await countIn(holds, "junk")]).toEqual([0, 0]);
    expect(await send("a@b.test", withFile("photo.jpg"), refuses.address)).toMatch(/^554 5\.7\.1 /);
    expect(await send("a@b.test", withFile("photo.jpg"), takes.address)).toMatch(/^250 /);
    expect(await countIn(takes, "inbox")).toBe(1);
  });

  test("a file on disk is looked at as one in memory is", async () => {
    const person = await somebody({ attachments: { action: "reject" } });
    const big = Buffer.concat([
      Buffer.from("From: a@b.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"),
      Buffer.alloc(400_000, "text\r\n"),
      withFile("x.jpg").subarray(withFile("x.jpg").indexOf("--b\r\n") - 2),
    ]);
    expect(await send("a@b.test", big, person.address)).toMatch(/^554 5\.7\.1 /);
  });

  test("a file between the lines of a text is one", async () => {
    const person = await somebody({ attachments: { action: "reject" } });
    expect(await send("x@other.test", withLines("setup.exe"), person.address)).toMatch(/^554 5\.7\.1 /);
    expect(await send("x@other.test", withLines("setup.txt"), person.address)).toMatch(/^250 /);
  });

  test("an archive that can't be opened is held back where the agency wants that", async () => {
    const [holds, takes] = [
      await somebody({ attachments: { encryptedArchives: "quarantine" } }),
      await somebody(),
    ];
    // A RAR archive whose header is encrypted.
    const archive = Buffer.from("526172211a070100000000000a0400000000000000000000", "hex");
    const message = mail(
      "other.test",
      `Content-Type: application/vnd.rar; name="a.rar"\r\nContent-Transfer-Encoding: base64\r\n\r\n${archive.toString("base64")}\r\n`,
    );
    expect(await send("x@other.test", message, holds.address, takes.address)).toMatch(/^250 /);
    expect([await countIn(holds, "inbox"), await countIn(takes, "inbox")]).toEqual([0, 1]);
  });
});

async function structuresOf({ tenantId, accountId }: Principal): Promise<MimeIndex[]> {
  return platform.db.tenant(tenantId, async (tx) => {
    const { id } = await readMailboxByRole(tx, accountId, "inbox");
    const ids = (await listPlacements(tx, id, ALL_UIDS)).map((one) => one.messageId);
    const messages = await readMessages(tx, ids);
    return ids.flatMap((one) => messages.get(one)?.structure ?? []);
  });
}

describe("a message is read once for its parts, and what is filed is what reading it again gives", () => {
  const forged = `Authentication-Results: ${HOSTNAME}; dmarc=pass\r\n\tand more\r\nX-Angelia-Checks: x\r\n`;
  const parts =
    "Content-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nside\r\n--b--\r\n";
  const from = "From: Ann <ann@other.test>\r\n";
  test.each([
    ["a text", `${from}Subject: x\r\n\r\ntext\r\n`],
    ["parts", from + parts],
    ["fields that are forged, in front and between", forged + from + forged + parts],
    ["one that is folded before its colon", `${from}X-Angelia-Checks\r\n : x\r\n${parts}`],
    ["a line that is no field in front", `no field\r\n${from}${parts}`],
    ["the line of a mailbox file in front", `From a@b Mon Nov 2 10:00:00 2026\r\n${from}${parts}`],
    ["no empty line", from],
    ["a large one", `${from}\r\n${"text that goes on\r\n".repeat(20_000)}`],
  ])("%s", async (_, message) => {
    const person = await somebody({ dmarc: "mark" });
    expect(await send("x@other.test", Buffer.from(message), person.address)).toMatch(/^250 /);
    const [stored = Buffer.alloc(0)] = await inboxOf(platform, person);
    expect(await structuresOf(person)).toEqual([indexMessage(stored)]);
  });
});
