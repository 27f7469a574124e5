import fc from "fast-check";
import { expect, test } from "vitest";
import { parseProxyHeader, PROXY_HEADER_MAX } from "./index.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const START = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const v2 = (command: number, family: number, rest: readonly number[], said = rest.length): Uint8Array =>
  Uint8Array.from([...START, command, family, said >> 8, said & 255, ...rest]);
const V4_PAIR = [192, 0, 2, 7, 127, 0, 0, 1, 0x30, 0x39, 0, 25];
const V6_PAIR = [0x20, 0x01, 0x0d, 0xb8, ...Array<number>(11).fill(0), 9, ...Array<number>(20).fill(1)];

test.each([
  ["TCP4", bytes("PROXY TCP4 192.0.2.7 127.0.0.1 12345 25\r\n"), "192.0.2.7"],
  ["TCP6", bytes("PROXY TCP6 2001:db8::9 ::1 12345 25\r\n"), "2001:db8::9"],
  ["version 2, IPv4", v2(0x21, 0x11, V4_PAIR), "192.0.2.7"],
  ["version 2, IPv4 and more fields", v2(0x21, 0x11, [...V4_PAIR, 4, 0, 1, 0]), "192.0.2.7"],
  ["version 2, IPv6", v2(0x21, 0x21, V6_PAIR), "2001:db8:0:0:0:0:0:9"],
])("%s: the client's address, and where its octets begin", (_, header, address) => {
  const all = Uint8Array.from([...header, ...bytes("EHLO x\r\n")]);
  const expected = { ok: true, value: { length: header.length, from: { kind: "client", address } } };
  expect(parseProxyHeader(all)).toEqual(expected);
  for (let cut = 0; cut < header.length; cut++)
    expect(parseProxyHeader(header.subarray(0, cut)), `${cut} octets`).toBe("more");
});

const TLS = [0x20, 0, 5, 0x01, 0, 0, 0, 0];

test.each([
  ["IPv4", [...V4_PAIR, ...TLS], true],
  ["IPv6, behind another field", [...V6_PAIR, 4, 0, 2, 1, 2, ...TLS], true],
  ["a field that says that there was none", [...V4_PAIR, 0x20, 0, 5, 0x06, 0, 0, 0, 0], undefined],
  ["a field that is cut off", [...V4_PAIR, 0x20, 0, 9, 0x01, 0, 0, 0, 0], undefined],
  ["a field that is too short", [...V4_PAIR, 0x20, 0, 1, 0x01], undefined],
])("version 2 tells whether the client spoke TLS: %s", (_, rest, tls) => {
  const header = v2(0x21, rest.length > 36 ? 0x21 : 0x11, rest);
  const parsed = parseProxyHeader(header);
  expect(parsed).toMatchObject({ ok: true, value: { length: header.length, from: { kind: "client" } } });
  expect(
    parsed === "more" || !parsed.ok || parsed.value.from.kind !== "client"
      ? "no client"
      : parsed.value.from.tls,
  ).toBe(tls);
});

test.each([
  ["UNKNOWN", bytes("PROXY UNKNOWN\r\n"), "unknown"],
  ["UNKNOWN with something", bytes("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n"), "unknown"],
  ["version 2, nothing said", v2(0x21, 0x00, []), "unknown"],
  ["version 2, a Unix socket", v2(0x21, 0x31, Array<number>(216).fill(0)), "unknown"],
  ["version 2, LOCAL", v2(0x20, 0x00, []), "local"],
  ["version 2, LOCAL with addresses", v2(0x20, 0x11, V4_PAIR), "local"],
])("%s", (_, header, kind) => {
  expect(parseProxyHeader(header)).toEqual({ ok: true, value: { length: header.length, from: { kind } } });
});

test.each([
  ["SMTP", bytes("EHLO client.test\r\n")],
  ["a web browser", bytes("GET / HTTP/1.1\r\n")],
  ["another family", bytes("PROXY UDP4 192.0.2.7 127.0.0.1 1 2\r\n")],
  ["no address", bytes("PROXY TCP4 client.test 127.0.0.1 1 2\r\n")],
  ["an octet too many", bytes("PROXY TCP4 192.0.2.7.1 127.0.0.1 1 2\r\n")],
  ["the wrong family", bytes("PROXY TCP6 192.0.2.7 127.0.0.1 1 2\r\n")],
  ["a port that is none", bytes("PROXY TCP4 192.0.2.7 127.0.0.1 1 70000\r\n")],
  ["a bare LF", bytes("PROXY TCP4 192.0.2.7 127.0.0.1 1 2\n")],
  ["a line too long", bytes(`PROXY UNKNOWN ${"x".repeat(100)}\r\n`)],
  ["version 3", v2(0x31, 0x11, V4_PAIR)],
  ["another command", v2(0x22, 0x11, V4_PAIR)],
  ["too short for its family", v2(0x21, 0x11, V4_PAIR.slice(0, 11))],
  ["too short for IPv6", v2(0x21, 0x21, V6_PAIR.slice(0, 35))],
  ["far too long", v2(0x21, 0x11, V4_PAIR, 60_000)],
])("no header: %s", (_, octets) => {
  expect(parseProxyHeader(octets)).toMatchObject({ ok: false });
});

test("no octets make it throw, wait for ever, or read past its end", () => {
  const start = fc.constantFrom([], [...bytes("PROXY ")], [...bytes("PROXY TCP4 ")], START, [...START, 0x21]);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 300 }), (first, rest) => {
      const octets = Uint8Array.from([...first, ...rest]);
      const parsed = parseProxyHeader(octets);
      const [least, most] = [0, octets.length];
      const at = parsed === "more" ? 0 : parsed.ok ? parsed.value.length : parsed.at;
      expect(at).toBeGreaterThanOrEqual(least);
      expect(at).toBeLessThanOrEqual(most);
      expect(parsed === "more" && octets.length >= PROXY_HEADER_MAX).toBe(false);
    }),
    { numRuns: 3_000 },
  );
});
