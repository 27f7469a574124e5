import { XMLParser, XMLValidator } from "fast-xml-parser";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ClientHosts,
  clientRecords,
  clientServers,
  parseAutodiscover,
  printAppleProfile,
  printAutodiscover,
  printAutodiscoverFault,
  printClientConfig,
  printPacc,
  STANDARD_PORTS,
} from "./index.ts";

const HOSTS: ClientHosts = {
  host: "mail.agencies.example",
  ports: STANDARD_PORTS,
  webUrl: "https://mail.agencies.example",
};
const OWNER = {
  address: "alice@agency.example",
  name: "Alice",
  password: "abcde-fghij",
  title: "agency.example",
  about: "Sets up the mail.",
  ids: ["0190c1b0-0000-7000-8000-000000000001", "0190c1b0-0000-7000-8000-000000000002"],
} as const;

describe("servers", () => {
  test("TLS from the first octet comes first; STARTTLS is for submission, and for what has nothing else", () => {
    const short = clientServers(HOSTS).map(
      ({ protocol, port, security }) => `${protocol} ${port} ${security}`,
    );
    expect(short).toEqual(["imap 993 tls", "pop3 995 tls", "smtp 465 tls", "smtp 587 starttls"]);
    const without = clientServers({
      ...HOSTS,
      ports: { ...STANDARD_PORTS, imaps: 0, pop3s: 0, pop3: 0, submission: 0 },
    });
    expect(without.map(({ protocol, port, security }) => `${protocol} ${port} ${security}`)).toEqual([
      "imap 143 starttls",
      "smtp 465 tls",
    ]);
  });

  test("the records of RFC 6186 and RFC 8314 lead to them", () => {
    const lines = clientRecords("agency.example", HOSTS, "v=UAAC1; a=sha256; d=x").map(
      ({ name, type, value }) => `${name} ${type} ${value}`,
    );
    expect(lines).toEqual([
      "_imaps._tcp.agency.example SRV 0 1 993 mail.agencies.example",
      "_pop3s._tcp.agency.example SRV 10 1 995 mail.agencies.example",
      "_submissions._tcp.agency.example SRV 0 1 465 mail.agencies.example",
      "_jmap._tcp.agency.example SRV 0 1 443 mail.agencies.example",
      "_autodiscover._tcp.agency.example SRV 0 1 443 mail.agencies.example",
      "autoconfig.agency.example CNAME mail.agencies.example",
      "autodiscover.agency.example CNAME mail.agencies.example",
      "ua-auto-config.agency.example CNAME mail.agencies.example",
      "_ua-auto-config.agency.example TXT v=UAAC1; a=sha256; d=x",
    ]);
    // Nothing that speaks HTTPS alone is told of without it.
    const plain = clientRecords("agency.example", { ...HOSTS, webUrl: "http://127.0.0.1:8080" }, null);
    expect(plain.map(({ name }) => name).filter((name) => /_jmap|_autodiscover|ua-auto/.test(name))).toEqual(
      [],
    );
  });
});

describe("documents", () => {
  test("are well-formed whatever stands in them", () => {
    const texts = fc.string({ unit: "grapheme", maxLength: 60 });
    fc.assert(
      fc.property(texts, texts, (one, two) => {
        const hosts = { ...HOSTS, host: one };
        const documents = [
          printClientConfig(two, hosts),
          printAutodiscover(two, hosts),
          printAppleProfile(hosts, { ...OWNER, name: two, title: one, about: two }) ?? "",
        ];
        for (const document of documents) expect(XMLValidator.validate(document)).toBe(true);
      }),
    );
  });

  test("a profile of Apple has both servers, and the password once", () => {
    const profile = printAppleProfile(HOSTS, OWNER) ?? "";
    expect(profile.split(OWNER.password)).toHaveLength(2);
    const [, dict] = /<array>\s*<dict>([\s\S]*?)<\/dict>/.exec(profile) ?? [];
    const keys = [
      ...(dict ?? "").matchAll(/<key>([^<]+)<\/key>\s*<(string|integer|true|false)(?:>([^<]*))?/g),
    ];
    const values = Object.fromEntries(
      keys.map(([, key, kind, value]) => [key, value ?? kind?.replace("/", "")]),
    );
    expect(values).toMatchObject({
      PayloadType: "com.apple.mail.managed",
      EmailAccountType: "EmailTypeIMAP",
      EmailAddress: OWNER.address,
      IncomingMailServerHostName: "mail.agencies.example",
      IncomingMailServerPortNumber: "993",
      IncomingMailServerUsername: OWNER.address,
      OutgoingMailServerPortNumber: "465",
      OutgoingPasswordSameAsIncomingPassword: "true",
    });
    const none = { imaps: 0, imap: 0, pop3s: 0, pop3: 0, submissions: 0, submission: 0 };
    expect(printAppleProfile({ ...HOSTS, ports: none }, OWNER)).toBeNull();
  });

  test("PACC names hosts at the usual ports alone, the same octets each time", () => {
    const document = printPacc("agency.example", HOSTS) ?? "";
    expect(JSON.parse(document)).toEqual({
      authentication: { password: true },
      info: { provider: { name: "agency.example", shortName: "agency.example" } },
      protocols: {
        imap: { host: "mail.agencies.example" },
        pop3: { host: "mail.agencies.example" },
        smtp: { host: "mail.agencies.example" },
        jmap: { url: "https://mail.agencies.example/jmap/session" },
      },
    });
    expect(printPacc("agency.example", HOSTS)).toBe(document);
    const odd = { ...STANDARD_PORTS, imaps: 2993, pop3s: 0, submissions: 2465 };
    expect(printPacc("agency.example", { ...HOSTS, ports: odd, webUrl: "http://127.0.0.1:8080" })).toBeNull();
  });
});

describe("what Outlook posts", () => {
  const OUTLOOK = `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request><EMailAddress>a&amp;b@agency.example</EMailAddress><AcceptableResponseSchema>http://x</AcceptableResponseSchema></Request></Autodiscover>`;

  test("is read with entities and prefixes, and nothing else is", () => {
    const value = { address: "a&b@agency.example", schema: "http://x" };
    expect(parseAutodiscover(OUTLOOK)).toEqual({ ok: true, value });
    expect(parseAutodiscover(OUTLOOK.replaceAll(/<(\/?)(\w)/g, "<$1ns0:$2"))).toEqual({ ok: true, value });
    expect(parseAutodiscover(OUTLOOK.replace("<Autodiscover", "<!DOCTYPE a><Autodiscover")).ok).toBe(false);
    expect(parseAutodiscover("").ok).toBe(false);
    fc.assert(fc.property(fc.string(), (text) => void parseAutodiscover(`<Autodiscover>${text}`)));
  });

  test("a fault is one of its schema", () => {
    const xml = printAutodiscoverFault(600, "12:00:00.000");
    const { Response: answer } = new XMLParser().parse(xml).Autodiscover;
    expect(answer.Error).toMatchObject({ ErrorCode: 600, Message: "Invalid Request" });
  });
});
