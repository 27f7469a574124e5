import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeSaslLine,
  encodeSaslLine,
  parseOauthBearer,
  parseSaslPlain,
  parseXoauth2,
  printBearerRefusal,
  saslprep,
} from "./index.ts";

const plain = (text: string) => parseSaslPlain(encodeSaslLine(text));

test("PLAIN and its lines", () => {
  expect(plain("\0me@a.test\0secret")).toEqual({
    ok: true,
    value: { authorizationId: "", authenticationId: "me@a.test", password: "secret" },
  });
  // RFC 4616 §4.
  expect(plain("\0tim\0tanstaaftanstaaf").ok).toBe(true);
  expect(plain("Ursel\0Kurt\0xipj3plmq")).toMatchObject({ value: { authorizationId: "Ursel" } });
  for (const wrong of ["me\0secret", "\0me\0", "\0\0secret", "\0a\0b\0c"])
    expect(plain(wrong).ok).toBe(false);
  expect(parseSaslPlain("=").ok).toBe(false);
  expect(decodeSaslLine("=")).toEqual({ ok: true, value: "" });
  for (const wrong of ["not base64!", "/w==", "YQ", "YQ=", "Y Q="])
    expect(decodeSaslLine(wrong).ok).toBe(false);
});

test("what is printed is what is read, and nothing that is read hangs or throws", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(decodeSaslLine(encodeSaslLine(text))).toEqual({ ok: true, value: text });
      for (const read of [parseSaslPlain, parseOauthBearer, parseXoauth2, saslprep, decodeSaslLine])
        expect(typeof read(text).ok).toBe("boolean");
    }),
  );
});

describe("access tokens", () => {
  test("the example of RFC 7628 §4.1", () => {
    const text =
      "n,a=user@example.com,\u0001host=server.example.com\u0001port=143\u0001auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\u0001\u0001";
    expect(parseOauthBearer(text)).toEqual({
      ok: true,
      value: { user: "user@example.com", token: "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==" },
    });
  });

  test("without a name, and without a token (RFC 7628 §4.3)", () => {
    expect(parseOauthBearer("n,,\u0001auth=Bearer a.b-c_d~e+f/g=\u0001\u0001")).toEqual({
      ok: true,
      value: { user: "", token: "a.b-c_d~e+f/g=" },
    });
    expect(parseOauthBearer("n,a=user@example.com,\u0001auth=\u0001\u0001")).toMatchObject({
      ok: true,
      value: { token: "" },
    });
    expect(parseOauthBearer("y,a=a=2Cb=3Dc,\u0001auth=\u0001\u0001")).toMatchObject({
      value: { user: "a,b=c" },
    });
  });

  test("XOAUTH2", () => {
    expect(parseXoauth2("user=me@a.test\u0001auth=Bearer abc\u0001\u0001")).toEqual({
      ok: true,
      value: { user: "me@a.test", token: "abc" },
    });
  });

  test.for([
    "",
    "n,,\u0001\u0001",
    "n,,\u0001auth=Bearer x\u0001",
    "n,,\u0001auth=Basic x\u0001\u0001",
    "p=tls-exporter,,\u0001auth=Bearer x\u0001\u0001",
    "n,b=x,\u0001auth=Bearer x\u0001\u0001",
    "n,,\u0001auth=Bearer x y\u0001\u0001",
    "auth=Bearer x\u0001\u0001",
  ])("%j is none", (text) => {
    expect(parseOauthBearer(text).ok).toBe(false);
    expect(parseXoauth2(text).ok).toBe(false);
  });

  test("a refusal is JSON", () => {
    const openidConfiguration = "https://id.example/.well-known/openid-configuration";
    expect(
      JSON.parse(printBearerRefusal({ status: "invalid_token", scope: "imap", openidConfiguration })),
    ).toEqual({ status: "invalid_token", scope: "imap", "openid-configuration": openidConfiguration });
  });
});

describe("passwords as SCRAM wants them", () => {
  test.for([
    // RFC 4013 §3
    ["I\u00adX", "IX"],
    ["user", "user"],
    ["USER", "USER"],
    ["\u00aa", "a"],
    ["\u2168", "IX"],
    ["\u0007", null],
    ["\u0627\u0031", null],
    // more
    ["correct horse battery", "correct horse battery"],
    ["a\u00a0b", "a b"],
    ["e\u0301", "\u00e9"],
    ["κωδικός", "κωδικός"],
    ["\u0627\u0031\u0628", "\u0627\u0031\u0628"],
    ["\u0627a\u0628", null],
    ["", null],
    ["\u00ad", null],
    ["a\ud800", null],
    ["🔑", "🔑"],
  ] as const)("%j", ([given, prepared]) => {
    const got = saslprep(given);
    expect(got.ok ? got.value : null).toBe(prepared);
  });

  test("what is prepared stays as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const once = saslprep(text);
        expect(once.ok ? saslprep(once.value) : once).toEqual(once);
      }),
    );
  });
});
