import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addIssuer,
  addToken,
  issuersOf,
  removeIssuer,
  removeToken,
  type Scope,
  signIn,
  signInByToken,
  type SignInClient,
  tokensOf,
} from "../../src/tenants/index.ts";
import { disableAccount } from "../support/disable-account.ts";
import { type ImapRelay, startImapRelay } from "../support/imap-relay.ts";
import { LineClient } from "../support/line-client.ts";
import { type OpenidProvider, startOpenidProvider } from "../support/openid-provider.ts";
import { PASSWORD, testPlatform, type TestPlatform } from "../support/platform.ts";
import { type Pop3Relay, startPop3Relay } from "../support/pop3-relay.ts";
import { type SmtpRelay, startSmtpRelay } from "../support/smtp-relay.ts";

const BOB = "bob@a.test";
const EVE = "eve@b.test";
const LOCAL: SignInClient = { ip: "127.0.0.1", protocol: "http", isCounted: false };
let p: TestPlatform;
let provider: OpenidProvider;
let imap: ImapRelay;
let pop3: Pop3Relay;
let smtp: SmtpRelay;

beforeAll(async () => {
  p = await testPlatform();
  provider = await startOpenidProvider();
  await p.tenant("a", "a.test");
  await p.tenant("b", "b.test");
  await p.person(BOB);
  await p.person(EVE);
  imap = await startImapRelay(p);
  pop3 = await startPop3Relay(p);
  smtp = await startSmtpRelay(p);
});
afterAll(async () => {
  await Promise.all([imap, pop3, smtp, provider].map((one) => one[Symbol.asyncDispose]()));
  await p[Symbol.asyncDispose]();
});

const newToken = async (address: string, scopes: readonly Scope[]): Promise<string> =>
  (await addToken(p.tenancy, address, { scopes, days: 1, label: "test" })).token;

/** The address that a token signs in, or the code of the failure with the status that the client is told. */
async function signsIn(token: string, scope: Scope = "imap", user = ""): Promise<string> {
  try {
    return (await signInByToken(p.tenancy, { user, token }, scope, LOCAL)).address;
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || !("detail" in error)) throw error;
    return `${String(error.code)} ${/"status":"(\w+)"/.exec(JSON.stringify(error.detail))?.[1] ?? ""}`.trim();
  }
}

describe("tokens of ours", () => {
  test("sign in whom they are for, where they are good for, until they end", async () => {
    const token = await newToken(BOB, ["imap", "smtp"]);
    expect(token).toMatch(/^angelia\.[a-z2-7]+\.[a-z2-7]{52}$/);
    expect(await signsIn(token)).toBe(BOB);
    expect(await signsIn(token, "imap", "Bob@A.test")).toBe(BOB);
    expect(await signsIn(token, "pop3")).toBe("token_refused insufficient_scope");
    expect(await signsIn(token, "imap", EVE)).toBe("token_refused invalid_token");
    expect(await signsIn(token, "imap", "no address")).toBe("token_refused invalid_token");
    expect(await signsIn(`${token.slice(0, -1)}${token.endsWith("a") ? "b" : "a"}`)).toBe(
      "token_refused invalid_token",
    );
    // Of another tenant it is nothing.
    const eves = await newToken(EVE, ["imap"]);
    expect(await signsIn([...token.split(".").slice(0, 2), eves.split(".")[2]].join("."))).toBe(
      "token_refused invalid_token",
    );
    await expect(signIn(p.tenancy, BOB, token, "imap")).rejects.toMatchObject({ code: "credentials_wrong" });
  });

  test("are listed without themselves, and end when they are removed or their time is over", async () => {
    const alex = await p.person("alex@a.test");
    const made = await addToken(p.tenancy, alex.address, { scopes: ["imap"], days: 2, label: "archive" });
    const [listed, ...more] = await tokensOf(p.tenancy, alex.address);
    expect(more).toEqual([]);
    expect(listed).toMatchObject({ id: made.id, label: "archive", scopes: ["imap"] });
    expect(listed?.expiresAt).toBe(made.expiresAt);
    expect(JSON.stringify(listed)).not.toContain(made.token.split(".")[2]);
    expect(await signsIn(made.token)).toBe(alex.address);
    const late = { ...p.tenancy, clock: () => made.expiresAt };
    await expect(signInByToken(late, { user: "", token: made.token }, "imap", LOCAL)).rejects.toMatchObject({
      code: "token_refused",
    });
    await expect(removeToken(p.tenancy, BOB, made.id)).rejects.toMatchObject({ code: "token_unknown" });
    await expect(removeToken(p.tenancy, alex.address, "1")).rejects.toMatchObject({ code: "token_unknown" });
    await removeToken(p.tenancy, alex.address, made.id);
    expect(await signsIn(made.token)).toBe("token_refused invalid_token");
    const other = await newToken(alex.address, ["imap"]);
    await disableAccount(p, alex);
    expect(await signsIn(other)).toBe("account_disabled");
  });
});

describe("tokens of an OpenID provider", () => {
  const claims = { aud: "angelia", email: BOB, scope: "openid imap smtp" };

  test("are taken from the provider of the tenant, and from no other", async () => {
    expect(await signsIn(await provider.token(claims))).toBe("token_refused invalid_token");
    const added = await addIssuer(p.tenancy, "a", {
      issuer: provider.issuer,
      audience: "angelia",
      addressClaim: "email",
      scope: "",
      domains: [],
    });
    // Its configuration said where the keys are.
    expect(added.jwksUri).toBe(provider.jwksUri);
    expect(await signsIn(await provider.token(claims))).toBe(BOB);
    expect(await signsIn(await provider.token(claims), "imap", BOB)).toBe(BOB);
    expect(await signsIn(await provider.token(claims), "pop3")).toBe("token_refused insufficient_scope");
    const asked = provider.asked();
    for (let n = 0; n < 5; n++) await signsIn(await provider.token({ ...claims, n }));
    expect(provider.asked()).toBe(asked);
    // It says that it speaks for somebody of another tenant.
    expect(await signsIn(await provider.token({ ...claims, email: EVE }))).toBe(
      "token_refused invalid_token",
    );
    expect(await signsIn(await provider.token(claims), "imap", EVE)).toBe("token_refused invalid_token");
    expect(await signsIn(await provider.token({ ...claims, other: BOB, email: EVE }))).toBe(
      "token_refused invalid_token",
    );
  });

  test.for([
    ["another audience", { aud: "another" }],
    ["another issuer", { iss: "https://elsewhere.test" }],
    ["nobody here", { email: "nobody@a.test" }],
    ["no address", { email: "bob" }],
    ["an address that nobody has verified", { email_verified: false }],
    ["no claim", { email: undefined }],
  ] as const)("not with %s", async ([, change]) => {
    expect(await signsIn(await provider.token({ ...claims, ...change }))).toBe("token_refused invalid_token");
  });

  test("not expired, not of tomorrow, and not forged", async () => {
    const now = Math.floor(Date.now() / 1000);
    expect(await signsIn(await provider.token(claims, now - 3_600))).toBe("token_refused invalid_token");
    expect(await signsIn(await provider.token({ ...claims, nbf: now + 3_600 }))).toBe(
      "token_refused invalid_token",
    );
    for (const token of await provider.forged(claims))
      expect(await signsIn(token)).toBe("token_refused invalid_token");
    expect(await signsIn("a.b.c")).toBe("token_refused invalid_request");
    expect(await signsIn("x".repeat(20_000))).toBe("token_refused invalid_request");
  });

  test("one scope for everything, another claim, and only some domains", async () => {
    await addIssuer(p.tenancy, "b", {
      issuer: provider.issuer,
      audience: "mail",
      jwksUri: provider.jwksUri,
      addressClaim: "upn",
      scope: "https://b.test/mail",
      domains: ["b.test"],
    });
    const eves = { aud: "mail", upn: EVE, scp: ["https://b.test/mail"] };
    expect(await signsIn(await provider.token(eves), "pop3")).toBe(EVE);
    expect(await signsIn(await provider.token({ ...eves, scp: ["pop3"] }), "pop3")).toBe(
      "token_refused insufficient_scope",
    );
    await addIssuer(p.tenancy, "b", {
      issuer: provider.issuer,
      audience: "mail",
      jwksUri: provider.jwksUri,
      addressClaim: "upn",
      scope: "https://b.test/mail",
      domains: ["other.test"],
    });
    expect(await signsIn(await provider.token(eves), "pop3")).toBe("token_refused invalid_token");
    expect(await removeIssuer(p.tenancy, "b", provider.issuer)).toBe(true);
    expect(await removeIssuer(p.tenancy, "b", provider.issuer)).toBe(false);
    expect(await issuersOf(p.tenancy, "b")).toEqual([]);
  });

  test("a provider of the installation speaks for all, until it is removed", async () => {
    await using second = await startOpenidProvider();
    const wanted = { issuer: second.issuer, audience: "all", addressClaim: "email", scope: "", domains: [] };
    await addIssuer(p.tenancy, undefined, wanted);
    const token = await second.token({ aud: "all", email: EVE, scope: "imap" });
    expect(await signsIn(token)).toBe(EVE);
    expect(await signsIn(await second.token({ aud: "all", email: BOB, scope: "imap" }))).toBe(BOB);
    await removeIssuer(p.tenancy, undefined, second.issuer);
    expect(await signsIn(token)).toBe("token_refused invalid_token");
  });

  test("a provider that is away is no wrong token", async () => {
    await using second = await startOpenidProvider();
    const token = await second.token({ aud: "x", email: BOB, scope: "imap" });
    const wanted = { issuer: second.issuer, audience: "x", addressClaim: "email", scope: "", domains: [] };
    await addIssuer(p.tenancy, "a", wanted);
    await second.stop();
    expect(await signsIn(token)).toBe("unavailable");
    await removeIssuer(p.tenancy, "a", second.issuer);
  });

  test("what is no provider is not added", async () => {
    const wanted = { audience: "x", addressClaim: "email", scope: "", domains: [] };
    for (const issuer of ["http://elsewhere.test", "nonsense", `${provider.issuer}/no`])
      await expect(addIssuer(p.tenancy, "a", { ...wanted, issuer })).rejects.toMatchObject({
        code: "invalid_input",
      });
    await expect(
      addIssuer(p.tenancy, "nowhere", { ...wanted, issuer: provider.issuer }),
    ).rejects.toMatchObject({ code: "tenant_unknown" });
  });
});

const bearer = (user: string, token: string): string =>
  Buffer.from(`n,a=${user},\u0001host=x\u0001port=1\u0001auth=Bearer ${token}\u0001\u0001`).toString(
    "base64",
  );
const xoauth2 = (user: string, token: string): string =>
  Buffer.from(`user=${user}\u0001auth=Bearer ${token}\u0001\u0001`).toString("base64");
const session = async (protocol: "imap" | "pop3" | "smtp"): Promise<LineClient> => {
  const port = { imap: imap.server.imap.port, pop3: pop3.server.pop3.port, smtp: smtp.ports.submission };
  const client = await LineClient.connect({ port: port[protocol] });
  await client.line();
  if (protocol === "smtp") {
    client.socket.write("EHLO client.test\r\n");
    await client.until(/^250 /);
  }
  return client;
};

describe("over the wire", () => {
  test.for([
    ["imap", "a AUTHENTICATE", /^a OK /, /^a NO \[AUTHENTICATIONFAILED\] The access token/, /^\+ (.+)$/],
    ["pop3", "AUTH", /^\+OK /, /^-ERR \[AUTH\] The access token/, /^\+ (.+)$/],
    ["smtp", "AUTH", /^235 2\.7\.0 /, /^535 5\.7\.8 The access token/, /^334 (.+)$/],
  ] as const)(
    "%s: refusals in JSON, then the client's word, then the answer",
    async ([protocol, verb, ok, no, ask]) => {
      const token = await newToken(BOB, [protocol]);
      using client = await session(protocol);
      for (const [mechanism, message, dummy] of [
        ["OAUTHBEARER", bearer, "AQ=="],
        ["XOAUTH2", xoauth2, ""],
      ] as const) {
        const refused = await client.say(`${verb} ${mechanism} ${message(BOB, "wrong")}`);
        const said: unknown = JSON.parse(Buffer.from(ask.exec(refused)?.[1] ?? "", "base64").toString());
        // The tenant of the address has a provider.
        expect(said).toEqual({
          status: "invalid_request",
          scope: protocol,
          "openid-configuration": `${provider.issuer}/.well-known/openid-configuration`,
        });
        expect(await client.say(dummy)).toMatch(no);
        if (protocol === "smtp") continue;
        using another = await session(protocol);
        expect(await another.say(`${verb} ${mechanism} ${message(BOB, token)}`)).toMatch(ok);
      }
      using last = await session(protocol);
      expect(await last.say(`${verb} XOAUTH2 ${xoauth2(BOB, token)}`)).toMatch(ok);
    },
  );

  test("a long token comes in a line of its own", async () => {
    const token = await provider.token({
      aud: "angelia",
      email: BOB,
      scope: "imap pop3 smtp",
      roles: "r".repeat(5_000),
    });
    for (const [protocol, verb, ok] of [
      ["imap", "a AUTHENTICATE", /^a OK /],
      ["pop3", "AUTH", /^\+OK /],
      ["smtp", "AUTH", /^235 /],
    ] as const) {
      using client = await session(protocol);
      expect(await client.say(`${verb} OAUTHBEARER`)).toMatch(/^(\+|334) ?$/);
      expect(await client.say(bearer("", token))).toMatch(ok);
    }
  });

  test("wrong tokens from outside count, and those that are right are never held up", async () => {
    const from: SignInClient = { ip: "203.0.113.90", protocol: "imap", isCounted: true };
    const codes: string[] = [];
    for (let n = 0; n < 32; n++)
      await signInByToken(p.tenancy, { user: BOB, token: `wrong${n}` }, "imap", from).catch(
        (error: unknown) => {
          codes.push(error instanceof Error && "code" in error ? String(error.code) : "");
        },
      );
    expect(codes.slice(0, 30)).toEqual(Array.from({ length: 30 }, () => "token_refused"));
    expect(codes.slice(30)).toEqual(["sign_in_throttled", "sign_in_throttled"]);
    const token = await newToken(BOB, ["imap"]);
    expect((await signInByToken(p.tenancy, { user: BOB, token }, "imap", from)).address).toBe(BOB);
  });
});

test("the password goes on as always beside them", async () => {
  expect((await signIn(p.tenancy, BOB, PASSWORD, "imap")).address).toBe(BOB);
});
