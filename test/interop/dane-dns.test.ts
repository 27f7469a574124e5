import { expect, test } from "vitest";
import { nodeResolver } from "../../smtp-relay/delivery/node-resolver.ts";
import { DnsError } from "../../src/dns/index.ts";
import { needs } from "../support/programs.ts";
import { startSignedZone } from "../support/signed-zone.ts";

const records =
  "@ IN MX 10 mx\nmx IN A 127.0.0.5\nmx IN AAAA 2001:db8::5\nalias IN CNAME mx\n_25._tcp.mx IN TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

test("what BIND has signed and Unbound has validated is proven; what is unsigned is not, and bogus is no answer", async (context) => {
  needs(context, "named", "dnssec-signzone", "unbound");
  // Too long for one packet: it comes by TCP.
  const long = Array.from({ length: 20 }, (_, i) => `long IN TXT "${i} ${"x".repeat(200)}"`).join("\n");
  await using zone = await startSignedZone({
    "good.test": { records: `${records}\n${long}`, dnssec: "signed" },
    "bogus.test": { records, dnssec: "expired" },
    "plain.test": { records, dnssec: "unsigned" },
  });
  const resolver = nodeResolver([zone.server]);
  expect(await resolver.ask("MX", "good.test")).toMatchObject({
    records: [{ exchange: "mx.good.test", priority: 10 }],
    authenticated: true,
  });
  expect(await resolver.ask("A", "alias.good.test")).toMatchObject({
    records: ["127.0.0.5"],
    authenticated: true,
    canonicalName: "mx.good.test",
  });
  expect((await resolver.ask("AAAA", "mx.good.test")).records).toEqual(["2001:db8::5"]);
  const [record] = (await resolver.tlsa("_25._tcp.mx.good.test")).records;
  expect(record).toMatchObject({ usage: 3, selector: 1, matchingType: 1 });
  expect(record?.certificate).toHaveLength(32);
  // That there is none is proven too.
  expect(await resolver.tlsa("_26._tcp.mx.good.test")).toMatchObject({ records: [], authenticated: true });
  expect(await resolver.txt("long.good.test")).toHaveLength(20);
  expect(await resolver.ask("MX", "plain.test")).toMatchObject({
    records: [{ priority: 10 }],
    authenticated: false,
  });
  expect(await resolver.tlsa("_25._tcp.mx.plain.test")).toMatchObject({
    records: [{ usage: 3 }],
    authenticated: false,
  });
  await expect(resolver.ask("MX", "bogus.test")).rejects.toThrow(DnsError);
});
