import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatAddress, normalizeAddress, parseAddressSpec, splitSubAddress } from "./address-spec.ts";
import { normalizeDomain } from "./domain.ts";

const normal = (text: string): string | null => {
  const parsed = normalizeAddress(text);
  return parsed.ok ? parsed.value : null;
};

describe("parseAddressSpec", () => {
  test("takes the parts apart", () => {
    expect(parseAddressSpec("Ann.Lee+x@Example.ORG")).toEqual({
      ok: true,
      value: { local: "Ann.Lee+x", domain: "example.org", needsUtf8: false },
    });
    expect(parseAddressSpec('"a \\"b\\"@c"@[192.0.2.1]')).toEqual({
      ok: true,
      value: { local: 'a "b"@c', domain: "[192.0.2.1]", needsUtf8: false },
    });
    expect(parseAddressSpec("Δοκιμή@παράδειγμα.δοκιμή")).toEqual({
      ok: true,
      value: { local: "Δοκιμή", domain: "xn--hxajbheg2az3al.xn--jxalpdlp", needsUtf8: true },
    });
  });

  test.each([
    ["", 0, "@"],
    ["ann", 3, "@"],
    ["@b.test", 0, "local part"],
    ["a..b@c.test", 0, "local part"],
    [".a@c.test", 0, "local part"],
    ["a b@c.test", 0, "local part"],
    ['""@c.test', 0, "local part"],
    ['"a"b@c.test', 0, "local part"],
    ["a@b@c.test", 0, "local part"],
    ["a\r\nRCPT TO:<x@y>@c.test", 0, "local part"],
    ["a@", 2, "domain of 1 to 253 octets"],
    ["a@-b.test", 2, "label of letters, digits and inner hyphens"],
    ["a@b..test", 3, "label of letters, digits and inner hyphens"],
    ["a@b_c.test", 2, "label of letters, digits and inner hyphens"],
    ["a@192.0.2.1", 10, "top-level domain"],
    ["a@[192.0.2]", 2, "domain name"],
    ["a@[192.0.2.1.]", 2, "domain name"],
    ["a@[256.0.2.1]", 2, "domain name"],
    ["a@b.test/x", 8, "domain name"],
    ["a@%62.test", 2, "domain name"],
    [`${"a".repeat(65)}@b.test`, 0, "local part of 1 to 64 octets"],
    [`${"é".repeat(33)}@b.test`, 0, "local part of 1 to 64 octets"],
    [`a@${"b".repeat(64)}.test`, 2, "label of letters, digits and inner hyphens"],
    [`${"a".repeat(64)}@${"b.".repeat(95)}test`, 0, "address of at most 254 octets"],
    ["\uD800@b.test", 0, "Unicode text"],
  ])("%j is refused", (text, at, expected) => {
    expect(parseAddressSpec(text)).toEqual({ ok: false, at, expected });
  });
});

describe("normalizeAddress", () => {
  test.each([
    ["Ann@Example.ORG", "ann@example.org"],
    [" ann@example.org ", "ann@example.org"],
    ["ann@example.org.", "ann@example.org"],
    ['"ann"@example.org', "ann@example.org"],
    ['"Ann Lee"@example.org', '"ann lee"@example.org'],
    ["ann@BÜCHER.example", "ann@xn--bcher-kva.example"],
    ["ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"],
    ["ann@XN--BCHER-KVA.example", "ann@xn--bcher-kva.example"],
    ["ann@例え。テスト", "ann@xn--r8jz45g.xn--zckzah"],
    ["e\u0301@b.test", "é@b.test"],
    ["ΝΙΚΟΣ@b.test", "νικος@b.test"],
    ["ΝΙΚΟΣ.ΣΑΣΣ@b.test", "νικος.σασς@b.test"],
    ["νικος.α@b.test", "νικος.α@b.test"],
    ["ΝΙΚΟΣ.Α@b.test", "νικος.α@b.test"],
    ["a@[IPv6:2001:DB8::1]", "a@[ipv6:2001:db8::1]"],
  ])("%s is %s", (text, expected) => {
    expect(normal(text)).toBe(expected);
  });

  test("the normal form is its own, and case makes no other", () => {
    const local = fc.stringMatching(/^[A-Za-z0-9_+Σσςά-ώΆ-ΏéÉ-]{1,12}(\.[A-Za-zΣσςα-ω]{1,6})?$/);
    fc.assert(
      fc.property(
        local,
        fc.constantFrom("Example.org", "BÜCHER.example", "παράδειγμα.gr"),
        (name, domain) => {
          const once = normal(`${name}@${domain}`);
          if (once === null) return;
          expect(normal(once)).toBe(once);
          expect(normal(`${name}@${domain}`.normalize("NFD"))).toBe(once);
          expect(normal(`${name.toUpperCase().toLowerCase()}@${domain.toUpperCase()}`)).toBe(once);
        },
      ),
    );
  });

  test("any text is refused or gives an address that parses to the same", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.emailAddress()), (text) => {
        const parsed = parseAddressSpec(text);
        if (!parsed.ok) return;
        expect(parseAddressSpec(formatAddress(parsed.value))).toEqual(parsed);
      }),
    );
  });
});

test("normalizeDomain refuses what a URL would read in another way", () => {
  for (const text of [
    "0x7f.1",
    "127.1",
    "a:80",
    "user@b",
    "a\\b",
    "a b",
    "a\tb",
    "[::1]",
    "b?x",
    "b#x",
    "",
    ".",
    "a..b",
  ]) {
    expect(normalizeDomain(text).ok).toBe(false);
  }
});

test("splitSubAddress", () => {
  expect(splitSubAddress("ann+list+x")).toEqual({ user: "ann", detail: "list+x" });
  expect(splitSubAddress("ann")).toEqual({ user: "ann", detail: null });
  expect(splitSubAddress("+x")).toEqual({ user: "+x", detail: null });
  expect(splitSubAddress("ann+")).toEqual({ user: "ann", detail: "" });
  expect(splitSubAddress("ann-x", "-")).toEqual({ user: "ann", detail: "x" });
});
