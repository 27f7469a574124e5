import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parameter, parseParameterised } from "./parameters.ts";

describe("parseParameterised", () => {
  test.each([
    ["text/plain", "text", "plain", []],
    ["Text/PLAIN; CharSet=US-ASCII", "text", "plain", [["charset", "US-ASCII"]]],
    // RFC 2045 §5.1
    ["text/plain; charset=us-ascii (Plain text)", "text", "plain", [["charset", "us-ascii"]]],
    ['text/plain; charset="us-ascii"', "text", "plain", [["charset", "us-ascii"]]],
    ["text / plain (a (nested) comment) ; a = b", "text", "plain", [["a", "b"]]],
    ['x/y; a="q\\"u\\\\o;te"', "x", "y", [["a", 'q"u\\o;te']]],
    ['x/y; name="C:\\temp\\a.txt"', "x", "y", [["name", "C:\\temp\\a.txt"]]],
    [
      "text/plain charset=utf-8 format=flowed",
      "text",
      "plain",
      [
        ["charset", "utf-8"],
        ["format", "flowed"],
      ],
    ],
    [
      "x/y; name=my own file.pdf; a=b",
      "x",
      "y",
      [
        ["name", "my own file.pdf"],
        ["a", "b"],
      ],
    ],
    ["x/y; name=report(1).pdf", "x", "y", [["name", "report(1).pdf"]]],
    ["x/y; a=1; a=2", "x", "y", [["a", "1"]]],
    ['x/y; a="open', "x", "y", [["a", "open"]]],
    ["x/y;;; ;a=1;", "x", "y", [["a", "1"]]],
    ["multipart/mixed; boundary=----=_Part:1?", "multipart", "mixed", [["boundary", "----=_Part:1?"]]],
    ["attachment; filename=a.txt", "attachment", null, [["filename", "a.txt"]]],
    ["filename=a.txt", "", null, [["filename", "a.txt"]]],
    ["text/", "text", "", []],
    ["(open comment", "", null, []],
    ["", "", null, []],
  ])("%j", (text, value, subvalue, params) => {
    expect(parseParameterised(text)).toEqual({ value, subvalue, params });
  });

  // RFC 2231 §3 and §4, with the examples of the RFC.
  test.each([
    [
      'message/external-body; access-type=URL; URL*0="ftp://"; URL*1="cs.utk.edu/pub/moore"',
      "url",
      "ftp://cs.utk.edu/pub/moore",
    ],
    [
      "application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
      "title",
      "This is ***fun***",
    ],
    [
      "application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"",
      "title",
      "This is even more ***fun*** isn't it!",
    ],
    ["x/y; n*1=b; n*0=a", "n", "ab"],
    ["x/y; n=plain; n*=utf-8''%C3%A9", "n", "é"],
    ["x/y; n*0*=utf-8''%C3; n*1*=%A9", "n", "é"],
    ["x/y; n*=iso-8859-7''%E5", "n", "ε"],
    ["x/y; n*=%C3%A9", "n", "é"],
    ["x/y; n*=utf-8''100%", "n", "100%"],
    ["x/y; n*=utf-8''a%00b", "n", "ab"],
  ])("%s", (text, name, expected) => {
    expect(parameter(parseParameterised(text).params, name)).toBe(expected);
  });

  test("any text gives names in lower case, each once, and never throws", () => {
    const hostile = fc
      .array(fc.constantFrom(";", "=", '"', "\\", "(", ")", "*", "*0", "'", "%", " ", "/", "a", "é"))
      .map((all) => all.join(""));
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string()), (text) => {
        const names = parseParameterised(text).params.map(([name]) => name);
        expect(new Set(names).size).toBe(names.length);
        expect(names.every((name) => name === name.toLowerCase())).toBe(true);
      }),
    );
  });

  test("time grows with length only", () => {
    for (const piece of ["(", " ", ";", "a=", 'a="', "a*=", " a ", "\\", "a=b "]) {
      expect(parseParameterised(`x/y; ${piece.repeat(100_000)}`).params.length).toBeLessThanOrEqual(100);
    }
  });
});
