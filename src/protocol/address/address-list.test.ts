import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAddressList } from "./address-list.ts";

const box = (name: string | null, local: string, domain: string, route: string | null = null) => ({
  name,
  route,
  local,
  domain,
});

describe("parseAddressList", () => {
  // RFC 5322 appendix A.1, A.5 and A.6.
  test.each([
    ["John Doe <jdoe@machine.example>", [box("John Doe", "jdoe", "machine.example")]],
    ['"Joe Q. Public" <john.q.public@example.com>', [box("Joe Q. Public", "john.q.public", "example.com")]],
    [
      'Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>, <boss@nil.test>, "Giant; \\"Big\\" Box" <sysservices@example.net>',
      [
        box("Mary Smith", "mary", "x.test"),
        box(null, "jdoe", "example.org"),
        box("Who?", "one", "y.test"),
        box(null, "boss", "nil.test"),
        box('Giant; "Big" Box', "sysservices", "example.net"),
      ],
    ],
    [
      "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
      [
        {
          group: "A Group",
          members: [
            box("Ed Jones", "c", "a.test"),
            box(null, "joe", "where.test"),
            box("John", "jdoe", "one.test"),
          ],
        },
      ],
    ],
    ["Undisclosed recipients:;", [{ group: "Undisclosed recipients", members: [] }]],
    [
      "(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;",
      [{ group: "Hidden recipients", members: [] }],
    ],
    ["Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", [box("Pete", "pete", "silly.test")]],
    ["Joe Q. Public <john.q.public@example.com>", [box("Joe Q. Public", "john.q.public", "example.com")]],
    [
      "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
      [box("Mary Smith", "mary", "example.net", "@node.test"), box(null, "jdoe", "test.example")],
    ],
  ])("RFC 5322: %s", (value, expected) => {
    expect(parseAddressList(value)).toEqual(expected);
  });

  test.each([
    ["a comment stands for the name", "bbb@ddd.com (John X. Doe)", [box("John X. Doe", "bbb", "ddd.com")]],
    [
      "a quoted local part",
      '"a b"@c.test, <"x@y"@z.test>',
      [box(null, "a b", "c.test"), box(null, "x@y", "z.test")],
    ],
    [
      "an address literal",
      "a@[192.0.2.1], b@[IPv6:2001:db8::1]",
      [box(null, "a", "[192.0.2.1]"), box(null, "b", "[IPv6:2001:db8::1]")],
    ],
    ["an encoded word with a comma", "=?utf-8?Q?Doe,_John?= <a@b>", [box("=?utf-8?Q?Doe,_John?=", "a", "b")]],
    ["a local user", "root, postmaster", [box(null, "root", ""), box(null, "postmaster", "")]],
    ["a name that lost its address", "Mary Kay Miller", [box("Mary Kay Miller", "", "")]],
    ["an empty path", "MAILER DAEMON <>", [box("MAILER DAEMON", "", "")]],
    ["an angle bracket left open", "A <a@b, c@d", [box("A", "a", "b"), box(null, "c", "d")]],
    ["a quote left open", '"A <a@b>, c@d', [box("A", "a", "b"), box(null, "c", "d")]],
    ["a group left open", "g: a@b", [{ group: "g", members: [box(null, "a", "b")] }]],
    ["semicolons instead of commas", "a@b; c@d", [box(null, "a", "b"), box(null, "c", "d")]],
    ["a name with an address in it", '"x@y" <a@b>', [box("x@y", "a", "b")]],
    ["a name without quotes before a bare address", "Joe a@b", [box("Joe", "a", "b")]],
    ["8-bit names", "Μαρία <m@χ.test>", [box("Μαρία", "m", "χ.test")]],
    ["nothing", " , ;", []],
  ])("%s", (_what, value, expected) => {
    expect(parseAddressList(value)).toEqual(expected);
  });

  test("any text: never throws, and every item says something", () => {
    const hostile = fc
      .array(
        fc.constantFrom(
          "<",
          ">",
          "@",
          '"',
          "\\",
          "(",
          ")",
          ",",
          ";",
          ":",
          "[",
          "]",
          ".",
          " ",
          "a",
          "=?",
          "?=",
        ),
      )
      .map((all) => all.join(""));
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string()), (text) => {
        for (const item of parseAddressList(text)) {
          if ("group" in item) continue;
          expect(item.local !== "" || item.domain !== "" || item.name !== null).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("what was written is read again", () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/);
    const boxes = fc.array(
      fc.record({ name: fc.string().map((name) => name.trim()), local: word, host: word }),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(boxes, (all) => {
        const value = all.map(
          ({ name, local, host }) => `"${name.replace(/["\\]/g, "\\$&")}" <${local}@${host}.test>`,
        );
        const expected = all.map(({ name, local, host }) =>
          box(name === "" ? null : name, local, `${host}.test`),
        );
        expect(parseAddressList(value.join(", "))).toEqual(expected);
      }),
    );
  });

  test("time grows with length only", () => {
    for (const piece of ["<", '"', "(", "@", "a. ", ":", "=?", '<\\">', "a@(", "[", "a@[", " "]) {
      expect(parseAddressList(piece.repeat(100_000)).length).toBeLessThanOrEqual(200_000);
    }
  });
});
