import { generateKeyPairSync } from "node:crypto";
import { dkimSign, sealMessage } from "mailauth";
import { describe, expect, test } from "vitest";
import { sourceOf } from "../../src/blob/index.ts";
import { type AskDns, DnsError, type RecordTypes, type Resolver, resolverOf } from "../../src/dns/index.ts";
import { authenticateMessage, type AuthenticationInput } from "./authenticate-message.ts";
import type { Authentication } from "./authentication.ts";

const RSA = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "der" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const KEY = `v=DKIM1; k=rsa; p=${RSA.publicKey.toString("base64")}`;
const MESSAGE = "From: Ann <ann@author.test>\r\nTo: you@acme.test\r\nSubject: hello\r\n\r\nHello.\r\n";
const TXT: Readonly<Record<string, string>> = {
  "author.test": "v=spf1 ip4:192.0.2.1 -all",
  "_dmarc.author.test": "v=DMARC1; p=reject; pct=25; adkim=s",
  "s1._domainkey.author.test": KEY,
  "s1._domainkey.lists.test": KEY,
};

/** @param txt `SERVFAIL` is no answer, `silence` none for ever   @returns a resolver for these texts, and what it was asked */
function dns(txt: Readonly<Record<string, string>>): {
  resolver: Resolver;
  asked: string[];
} {
  const asked: string[] = [];
  const ask: AskDns = async <T extends keyof RecordTypes>(type: T, name: string) => {
    asked.push(`${type} ${name}`);
    const found = type === "TXT" ? txt[name.toLowerCase()] : undefined;
    if (found === "SERVFAIL") throw new DnsError("ESERVFAIL", name);
    if (found === "silence") await new Promise(() => undefined);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a text is what was asked for
    const records = (found === undefined ? [] : [found]) as RecordTypes[T][];
    return { records, authenticated: false, ttl: 60, canonicalName: name };
  };
  return { resolver: resolverOf(ask), asked };
}

function check(
  message: string,
  more: Partial<AuthenticationInput> = {},
  timeoutMs?: number,
): Promise<Authentication> {
  const start = Buffer.from(message);
  return authenticateMessage(
    {
      resolver: dns(TXT).resolver,
      hostname: "mx.acme.test",
      trustedSealers: new Set(),
      ip: "192.0.2.1",
      helo: "out.author.test",
      mailFrom: "ann@author.test",
      content: sourceOf(start),
      start,
      ...more,
    },
    timeoutMs,
  );
}

async function signed(message = MESSAGE, selector = "s1"): Promise<string> {
  const key = { signingDomain: "author.test", selector, privateKey: RSA.privateKey };
  // The types ask for the key itself, the code for a list of keys.
  const { signatures } = await dkimSign(Buffer.from(message), { ...key, signatureData: [key] });
  return signatures + message;
}

describe("SPF, DKIM and DMARC", () => {
  test("all pass", async () => {
    const found = await check(await signed());
    expect(found).toMatchObject({
      spf: { result: "pass", domain: "author.test", scope: "mfrom" },
      dkim: [{ result: "pass", domain: "author.test", selector: "s1", isAligned: true }],
      dmarc: {
        result: "pass",
        fromDomain: "author.test",
        policy: "reject",
        published: { domain: "author.test", p: "reject", pct: 25, isDkimStrict: true, isSpfStrict: false },
        isSpfAligned: true,
        isDkimAligned: true,
      },
      arc: { result: "none", sealers: [], vouchedBy: null },
    });
    expect(found.results).toMatch(/^dkim=pass .*;\r\n\tspf=pass .*;\r\n\tdmarc=pass /);
  });

  test("another sender's address, another text, another key", async () => {
    expect(await check(await signed(), { ip: "198.51.100.9" })).toMatchObject({
      spf: { result: "fail" },
      dmarc: { result: "pass", isSpfAligned: false, isDkimAligned: true },
    });
    const changed = (await signed()).replace("Hello.", "Goodbye.");
    expect(await check(changed, { ip: "198.51.100.9" })).toMatchObject({
      dkim: [{ result: "neutral" }],
      dmarc: { result: "fail", policy: "reject" },
    });
    expect(await check(await signed(MESSAGE, "gone"), { ip: "198.51.100.9" })).toMatchObject({
      dkim: [{ result: "neutral", selector: "gone" }],
      dmarc: { result: "fail" },
    });
  });

  test("the null path: the name of HELO counts", async () => {
    const { resolver } = dns({ ...TXT, "out.author.test": "v=spf1 a -all" });
    expect((await check(MESSAGE, { mailFrom: "", resolver })).spf).toEqual({
      result: "fail",
      domain: "out.author.test",
      scope: "helo",
    });
  });

  test("two From fields, or two authors of two domains, are no way around DMARC", async () => {
    expect((await check(`From: x@good.test\r\n${MESSAGE}`)).dmarc.result).toBe("permerror");
    expect((await check("From: a@author.test, b@other.test\r\n\r\nx\r\n")).dmarc.result).toBe("permerror");
    expect((await check("Subject: nobody\r\n\r\nx\r\n")).dmarc.result).toBe("none");
  });

  test("DNS that fails is a temporary error of what it was asked for", async () => {
    const { resolver } = dns({ ...TXT, "author.test": "SERVFAIL", "s1._domainkey.author.test": "SERVFAIL" });
    expect(await check(await signed(), { resolver })).toMatchObject({
      spf: { result: "temperror" },
      dkim: [{ result: "temperror" }],
    });
    const none = dns({ ...TXT, "_dmarc.author.test": "SERVFAIL" }).resolver;
    expect((await check(MESSAGE, { resolver: none, ip: "198.51.100.9" })).dmarc.result).toBe("temperror");
  });

  test("DNS that says nothing does not hold a message for ever", async () => {
    const { resolver } = dns({ ...TXT, "s1._domainkey.author.test": "silence" });
    expect(await check(await signed(), { resolver }, 200)).toMatchObject({
      spf: { result: "temperror", domain: "author.test" },
      dmarc: { result: "temperror" },
      results: "spf=temperror;\r\n\tdkim=temperror;\r\n\tdmarc=temperror",
    });
  });

  test("questions are asked once, the first of each kind at once, and not without end", async () => {
    const { resolver, asked } = dns(TXT);
    await check(await signed(), { resolver });
    expect(asked).toHaveLength(new Set(asked).size);
    expect(asked.slice(0, 4).toSorted()).toEqual([
      "TXT _dmarc.author.test",
      "TXT _dmarc.test",
      "TXT author.test",
      "TXT s1._domainkey.author.test",
    ]);
    const many = Array.from(
      { length: 800 },
      (_, i) =>
        `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=d${i}.test; s=s; l=${i}; h=from; bh=x; b=y\r\n`,
    );
    const flood = dns(TXT);
    const found = await check(many.join("") + MESSAGE, { resolver: flood.resolver });
    expect(found.dkim).toHaveLength(10);
    expect(flood.asked.length).toBeLessThan(20);
  });

  test("a result never begins another field", async () => {
    const found = await check(MESSAGE, {
      mailFrom: '"a\r\nX-Evil: yes\r\n b"@author.test',
      helo: "x\r\nX-Evil: yes",
    });
    expect(found.results.split("\r\n").every((line, i) => i === 0 || line.startsWith("\t"))).toBe(true);
    expect(found.results).not.toMatch(/^X-Evil/m);
  });
});

/** The author's message as a list sends it on: another subject, a seal over what the list saw. */
async function viaList(saw: string): Promise<string> {
  const changed = (await signed()).replace("Subject: hello", "Subject: [list] hello");
  const seal = await sealMessage(Buffer.from(changed), {
    signingDomain: "lists.test",
    selector: "s1",
    privateKey: RSA.privateKey,
    authResults: `mx.lists.test; ${saw}`,
    cv: "none",
  });
  return seal.toString() + changed;
}

describe("ARC", () => {
  const fromList = { ip: "198.51.100.9", mailFrom: "bounce@lists.test" };
  const trusted = { ...fromList, trustedSealers: new Set(["lists.test"]) };

  test("a trusted sealer that saw DMARC pass vouches", async () => {
    const message = await viaList("spf=pass smtp.mailfrom=author.test; dmarc=pass header.from=author.test");
    expect(await check(message, trusted)).toMatchObject({
      dmarc: { result: "fail" },
      arc: { result: "pass", sealers: ["lists.test"], vouchedBy: "lists.test" },
    });
    expect((await check(message, fromList)).arc).toMatchObject({ result: "pass", vouchedBy: null });
  });

  test("not for what it saw fail, and not when the message was changed after the seal", async () => {
    const failed = await viaList("dmarc=fail header.from=author.test");
    expect((await check(failed, trusted)).arc).toMatchObject({ result: "pass", vouchedBy: null });
    const changed = (await viaList("dmarc=pass")).replace("Hello.", "Goodbye.");
    expect((await check(changed, trusted)).arc).toMatchObject({ result: "fail", vouchedBy: null });
  });
});
