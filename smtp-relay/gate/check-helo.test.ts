import fc from "fast-check";
import { expect, test } from "vitest";
import { checkHelo } from "./check-helo.ts";

const us = { hostname: "mail.hosted.test", localAddress: "198.51.100.1" };
const CLIENT = "192.0.2.1";

test.each([
  ["mail.other.test", []],
  ["mail.other.test.", []],
  ["my_host.other.test", []],
  ["[192.0.2.1]", []],
  ["MAIL.Hosted.Test", ["helo_is_us"]],
  ["mail.hosted.test.", ["helo_is_us"]],
  ["[198.51.100.1]", ["helo_is_us"]],
  ["198.51.100.1", ["helo_bare_address", "helo_is_us"]],
  ["192.0.2.1", ["helo_bare_address"]],
  ["192.0.2.2", ["helo_bare_address", "helo_other_address"]],
  ["[IPv6:2001:db8::1]", ["helo_other_address"]],
  ["[ipv6:::ffff:192.0.2.1]", []],
  ["localhost", ["helo_private_name"]],
  ["printer.local", ["helo_private_name"]],
  ["desktop", ["helo_malformed"]],
  ["-", ["helo_malformed"]],
  ["[nonsense]", ["helo_malformed"]],
  ["other..test", ["helo_malformed"]],
])("%s: %j", (name, findings) => {
  expect(checkHelo(name, CLIENT, us)).toEqual(findings);
});

test("no name makes it throw", () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      expect(checkHelo(name, CLIENT, us).length).toBeLessThan(3);
    }),
  );
});
