import { expect, test } from "vitest";
import { findDnsHost } from "./dns-hosts.ts";

test.for([
  [["amir.ns.cloudflare.com", "kara.ns.cloudflare.com"], "cloudflare", "cloudflare"],
  [["dns104.ovh.net", "ns104.ovh.net"], "ovh", "ovh"],
  [["ns-12-a.gandi.net"], "gandi", "gandi"],
  [["ns1.desec.io", "ns2.desec.org"], "desec", "desec"],
  [["helium.ns.hetzner.de", "hydrogen.ns.hetzner.com"], "hetzner", "hetzner"],
  [["ns-1001.awsdns-61.net", "ns-7.awsdns-00.co.uk"], "route53", undefined],
  [["ns1-05.azure-dns.com"], "azure", undefined],
  [["ns-cloud-a1.googledomains.com"], "google", undefined],
  [["ns01.domaincontrol.com"], "godaddy", undefined],
  [["ns1045.ui-dns.org"], "ionos", undefined],
  [["dns.technorail.com"], "aruba", undefined],
  [["ns1.register.it"], "register-it", undefined],
  [["ns1.papaki.gr"], "papaki", undefined],
  [["ns1.top.host"], "tophost-gr", undefined],
  [["ns11.infomaniak.ch"], "infomaniak", undefined],
  [["ns0.dom.scw.cloud"], "scaleway", undefined],
] as const)("%s: %s", ([servers, id, adapter]) => {
  const found = findDnsHost(servers, "");
  expect([found?.id, found?.adapter]).toEqual([id, adapter]);
  expect(found?.panelUrl).toMatch(/^https:\/\//);
});

test("names of one's own are known by who keeps the zone, and strangers not at all", () => {
  expect(findDnsHost(["ns1.agency.gr"], "dns.cloudflare.com")).toBeUndefined();
  expect(findDnsHost(["ns1.agency.gr"], "hostmaster.gandi.net")?.id).toBe("gandi");
  expect(findDnsHost(["ns1.agency.gr"], "awsdns-hostmaster.amazon.com")?.id).toBe("route53");
  expect(findDnsHost(["ns1.notgandi.net"], "hostmaster.agency.gr")).toBeUndefined();
});
