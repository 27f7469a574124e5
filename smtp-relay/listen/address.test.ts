import fc from "fast-check";
import { expect, test } from "vitest";
import { AddressSet, isLoopbackIp, isNetwork, networkOf, plainIp, reversedLabels } from "./address.ts";

test.each([
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
  ["fe80::1%eth0", "fe80::1"],
  ["192.0.2.1", "192.0.2.1"],
  ["nonsense", "nonsense"],
  ["", ""],
])("%s is %s", (text, plain) => {
  expect(plainIp(text)).toBe(plain);
});

test("networks are those that one holder has", () => {
  expect(networkOf("192.0.2.77")).toBe("192.0.2.0/24");
  expect(networkOf("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
  expect(networkOf("2001:db8::1")).toBe(networkOf("2001:db8::ffff"));
  expect(networkOf("2001:db8::1")).not.toBe(networkOf("2001:db8:0:1::1"));
});

test("labels for the DNS are the examples of RFC 5782", () => {
  expect(reversedLabels("192.168.42.23")).toBe("23.42.168.192");
  expect(reversedLabels("2001:db8:1:2:3:4:567:89ab")).toBe(
    "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2",
  );
});

test("a set has its addresses and networks, and nothing of the other family", () => {
  const set = new AddressSet(["192.0.2.1", "198.51.100.0/25", "2001:db8::/32"]);
  const has = ["192.0.2.1", "198.51.100.127", "2001:db8:ffff::1"];
  const not = ["192.0.2.2", "198.51.100.128", "2001:db9::1", "::1", "nonsense", ""];
  expect(has.map((ip) => set.has(ip))).toEqual(has.map(() => true));
  expect(not.map((ip) => set.has(ip))).toEqual(not.map(() => false));
  expect(new AddressSet().has("127.0.0.1")).toBe(false);
  expect(new AddressSet(["0.0.0.0/0"]).has("203.0.113.9")).toBe(true);
});

test("what is no network is told before", () => {
  for (const good of ["10.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "::/0", "2001:db8::1/128"])
    expect(isNetwork(good)).toBe(true);
  for (const bad of ["", "10.0.0", "10.0.0.0/33", "::/129", "a.test", "10.0.0.0/8/8", "10.0.0.0/"])
    expect(isNetwork(bad)).toBe(false);
});

test("every address has a network and labels, and only 127.0.0.0/8 and ::1 are this machine", () => {
  const octet = fc.nat(255);
  fc.assert(
    fc.property(octet, octet, octet, octet, (a, b, c, d) => {
      const ip = `${a}.${b}.${c}.${d}`;
      expect(networkOf(ip)).toBe(`${a}.${b}.${c}.0/24`);
      expect(reversedLabels(ip)).toBe(`${d}.${c}.${b}.${a}`);
      expect(isLoopbackIp(plainIp(`::ffff:${ip}`))).toBe(a === 127);
      expect(new AddressSet([networkOf(ip)]).has(ip)).toBe(true);
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }), (groups) => {
      const ip = plainIp(groups.map((group) => group.toString(16)).join(":"));
      // IPv4 in IPv6 comes out as IPv4.
      expect(new AddressSet([networkOf(ip)]).has(ip)).toBe(true);
      expect(plainIp(ip)).toBe(ip);
    }),
  );
});
