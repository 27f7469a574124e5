import { describe, expect, test } from "vitest";
import { allowsMx, parseStsPolicy, parseStsRecord, policyLines } from "./policy.ts";

describe("the TXT record", () => {
  test.for([
    ["the RFC's example", ["v=STSv1; id=20160831085700Z;"], "20160831085700Z"],
    ["other texts beside it", ["hello", "v=STSv1;id=1"], "1"],
    ["two of them", ["v=STSv1; id=1;", "v=STSv1; id=2;"], null],
    ["another version", ["v=STSv10; id=1;"], null],
    ["no id", ["v=STSv1;"], null],
    ["an id of other letters", ["v=STSv1; id=a-b;"], null],
    ["nothing", [], null],
  ] as const)("%s", ([, texts, id]) => {
    expect(parseStsRecord(texts)).toBe(id);
  });
});

describe("the policy", () => {
  const RFC = "version: STSv1\nmode: enforce\nmx: mail.example.com\nmx: *.example.net\nmax_age: 604800\n";

  test("the RFC's example, with either line end", () => {
    const value = { mode: "enforce", mx: ["mail.example.com", "*.example.net"], maxAge: 604_800 };
    expect(parseStsPolicy(RFC)).toEqual({ ok: true, value });
    expect(parseStsPolicy(RFC.replaceAll("\n", "\r\n"))).toEqual({ ok: true, value });
    expect(parseStsPolicy(`${RFC}later: more\n`)).toEqual({ ok: true, value });
  });

  test.for([
    ["version: STSv2\nmode: enforce\nmx: a.test\nmax_age: 1", "version: STSv1"],
    ["version: STSv1\nmode: strict\nmx: a.test\nmax_age: 1", "mode"],
    ["version: STSv1\nmode: enforce\nmax_age: 1", "mx"],
    ["version: STSv1\nmode: enforce\nmx: a b\nmax_age: 1", "mx"],
    ["version: STSv1\nmode: enforce\nmx: a.test\nmax_age: soon", "max_age"],
    ["<html>", "key: value"],
  ] as const)("%j is refused", ([text, expected]) => {
    expect(parseStsPolicy(text)).toMatchObject({ ok: false, expected });
  });

  test("none needs no hosts, and no policy holds longer than a year", () => {
    expect(parseStsPolicy("version: STSv1\nmode: none\nmax_age: 9999999999")).toEqual({
      ok: true,
      value: { mode: "none", mx: [], maxAge: 31_557_600 },
    });
  });

  test("a wildcard is one label, the leftmost", () => {
    const mx = { mx: ["mail.example.com", "*.example.net"] };
    expect(
      [
        "mail.example.com",
        "MAIL.example.com.",
        "a.example.net",
        "a.b.example.net",
        "example.net",
        "x.test",
      ].map((host) => allowsMx(mx, host)),
    ).toEqual([true, true, true, false, false, false]);
  });

  test("its lines as reports show them", () => {
    expect(policyLines({ mode: "testing", mx: ["*.a.test"], maxAge: 9 })).toEqual([
      "version: STSv1",
      "mode: testing",
      "mx: *.a.test",
      "max_age: 9",
    ]);
  });
});
