import { XMLParser } from "fast-xml-parser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { paccDigest } from "../../src/protocol/autoconfig/index.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let domain: string;
let alice: Person;
beforeAll(async () => {
  edge = await startEdge();
  ({ domain } = await edge.tenant());
  alice = await edge.person(domain);
});
afterAll(() => edge[Symbol.asyncDispose]());

const parser = new XMLParser({
  ignoreAttributes: false,
  isArray: (name) => ["incomingServer", "outgoingServer", "Protocol"].includes(name),
});
// oxlint-disable-next-line no-explicit-any -- XML of every shape is looked into
const parse = (xml: string): any => parser.parse(xml);

const ask = (address: string): Promise<Response> =>
  edge.fetch(`/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=${encodeURIComponent(address)}`);
const post = (path: string, body: string): Promise<Response> =>
  edge.fetch(path, { method: "POST", body, headers: { "content-type": "text/xml" } });
const codeOf = async (res: Response): Promise<number> =>
  parse(await res.text()).Autodiscover.Response.Error.ErrorCode;

describe("Thunderbird", () => {
  test("finds TLS servers, IMAP first, and signs in with the address", async () => {
    const res = await ask(alice.address);
    expect(res.status).toBe(200);
    expect(res.headers.get("content-type")).toBe("text/xml; charset=utf-8");
    const { clientConfig } = parse(await res.text());
    expect(clientConfig["@_version"]).toBe("1.1");
    const { emailProvider } = clientConfig;
    expect(emailProvider).toMatchObject({ "@_id": domain, domain });
    const incoming = emailProvider.incomingServer;
    expect(
      incoming.map((one: Record<string, unknown>) => [one["@_type"], one["port"], one["socketType"]]),
    ).toEqual([
      ["imap", 993, "SSL"],
      ["pop3", 995, "SSL"],
    ]);
    const outgoing = emailProvider.outgoingServer;
    expect(
      outgoing.map((one: Record<string, unknown>) => [one["@_type"], one["port"], one["socketType"]]),
    ).toEqual([
      ["smtp", 465, "SSL"],
      ["smtp", 587, "STARTTLS"],
    ]);
    expect(incoming[0]).toMatchObject({ username: "%EMAILADDRESS%", authentication: "password-cleartext" });
  });

  test("hears the same whether the address exists or not, and nothing of a domain that is not ours", async () => {
    const [known, unknown] = await Promise.all([ask(alice.address), ask(`nobody@${domain}`)]);
    expect(await unknown.text()).toBe(await known.text());
    expect((await ask("alice@elsewhere.test")).status).toBe(404);
    expect((await ask("no address")).status).toBe(404);
  });
});

describe("Outlook", () => {
  const SCHEMA = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";
  const request = (address: string, schema = SCHEMA): string => `<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>
<EMailAddress>${address}</EMailAddress><AcceptableResponseSchema>${schema}</AcceptableResponseSchema></Request></Autodiscover>`;
  test("posts in any letter case, and gets one server of each kind", async () => {
    for (const path of [
      "/autodiscover/autodiscover.xml",
      "/Autodiscover/Autodiscover.xml",
      "/AutoDiscover/AutoDiscover.XML",
    ]) {
      const res = await post(path, request(alice.address));
      expect(res.status).toBe(200);
      expect(res.headers.get("cache-control")).toBe("no-store");
      const { Account } = parse(await res.text()).Autodiscover.Response;
      expect(Account).toMatchObject({ AccountType: "email", Action: "settings" });
      expect(
        Account.Protocol.map((one: Record<string, unknown>) => [
          one["Type"],
          one["Port"],
          one["SSL"],
          one["LoginName"],
        ]),
      ).toEqual([
        ["IMAP", 993, "on", alice.address],
        ["POP3", 995, "on", alice.address],
        ["SMTP", 465, "on", alice.address],
      ]);
    }
  });

  test("is told by the schema what is wrong, and not whether somebody exists", async () => {
    const path = "/autodiscover/autodiscover.xml";
    expect(await codeOf(await post(path, "<not><what/></not>"))).toBe(600);
    expect(await codeOf(await post(path, `<!DOCTYPE x [<!ENTITY e "x">]>${request("&e;@x.test")}`))).toBe(
      600,
    );
    expect(await codeOf(await edge.fetch(path))).toBe(600);
    expect(await codeOf(await post(path, request(alice.address, `${SCHEMA}-mobile`)))).toBe(601);
    expect(await codeOf(await post(path, request("alice@elsewhere.test")))).toBe(500);
    expect((await post(path, request(`nobody@${domain}`))).status).toBe(200);
    const markup = await post(path, request(`&lt;x&gt;@${domain}`));
    expect(await codeOf(markup)).toBe(500);
    expect((await post(path, "x".repeat(20_000))).status).toBe(413);
  });

  test("asks in JSON where to post", async () => {
    for (const path of [
      `/autodiscover/autodiscover.json/v1.0/${alice.address}?Protocol=AutodiscoverV1`,
      `/autodiscover/autodiscover.json?Email=${alice.address}&Protocol=Autodiscoverv1&RedirectCount=1`,
      `/Autodiscover/Autodiscover.json/v1.0/nobody@${domain}?Protocol=AutodiscoverV1`,
    ]) {
      const res = await edge.fetch(path);
      expect(res.status).toBe(200);
      const { Protocol, Url } = await res.json<{ Protocol: string; Url: string }>();
      expect(Protocol).toBe("AutodiscoverV1");
      expect(Url).toMatch(/^https?:\/\/[^/]+\/autodiscover\/autodiscover\.xml$/);
    }
    const other = `/autodiscover/autodiscover.json?Email=${alice.address}&Protocol=ActiveSync`;
    expect((await edge.fetch(other)).status).toBe(400);
    const foreign = "/autodiscover/autodiscover.json?Email=a@elsewhere.test&Protocol=AutodiscoverV1";
    expect((await edge.fetch(foreign)).status).toBe(404);
  });
});

describe("what there is not", () => {
  test("calendars and contacts are not found, JMAP is", async () => {
    expect((await edge.fetch("/.well-known/caldav")).status).toBe(404);
    expect((await edge.fetch("/.well-known/carddav", { method: "PROPFIND" })).status).toBe(404);
    expect((await edge.fetch("/.well-known/jmap", { redirect: "manual" })).status).toBe(307);
  });

  test("PACC of a name that is no domain of ours", async () => {
    expect((await edge.fetch("/.well-known/user-agent-configuration.json")).status).toBe(404);
    // The digest of no octets, as RFC 6234 knows it.
    expect(paccDigest(new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array())))).toBe(
      "v=UAAC1; a=sha256; d=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    );
  });
});
