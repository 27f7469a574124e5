import { createHash } from "node:crypto";
import {
  type ClientHosts,
  type ClientRecord,
  clientRecords,
  paccDigest,
  printPacc,
} from "../src/protocol/autoconfig/index.ts";
import { isUnder } from "../src/signing/index.ts";
import type { Config } from "./config.ts";

/** Where programs of people find us. */
const clientHostsOf = ({ clients, publicUrl }: Pick<Config, "clients" | "publicUrl">): ClientHosts => ({
  ...clients,
  webUrl: publicUrl,
});

/** What our zone says of a domain in it, so that programs find its servers; nothing of a domain elsewhere, nor where the pages have no
 * name of their own. */
export function clientRecordsOf(
  config: Pick<Config, "clients" | "publicUrl" | "dkim">,
  domain: string,
): readonly ClientRecord[] {
  const hosts = clientHostsOf(config);
  const { hostname } = new URL(hosts.webUrl);
  if (!isUnder(domain, config.dkim.zone) || !/[a-z]/i.test(hostname) || hostname.includes(":")) return [];
  const document = printPacc(domain, hosts);
  const digest = document === null ? null : paccDigest(createHash("sha256").update(document).digest());
  // The name of the pages stands where it is: it leads nowhere else.
  return clientRecords(domain, hosts, digest).filter((one) => one.type !== "CNAME" || one.name !== one.value);
}
