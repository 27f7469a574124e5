import { type ClientHosts, clientServers } from "./client-servers.ts";

/** Where the document of a domain is asked for: `https://ua-auto-config.<domain>` (draft-ietf-mailmaint-pacc-02 §4). */
export const PACC_LABEL = "ua-auto-config";
export const PACC_PATH = "/.well-known/user-agent-configuration.json";

const DEFAULT_PORTS = { imap: 993, pop3: 995, smtp: 465 } as const;

/** The configuration document. It names hosts without ports, so servers on others than the usual TLS ports are left out, and JMAP that is
 * not at an https address without a port.
 * @param domain whose document it is   @returns null: nothing can be told */
export function printPacc(domain: string, hosts: ClientHosts): string | null {
  const protocols: Record<string, { host: string } | { url: string }> = {};
  for (const { protocol, host, port, security } of clientServers(hosts))
    if (security === "tls" && port === DEFAULT_PORTS[protocol]) protocols[protocol] = { host };
  if (/^https:\/\/[^/:]+$/.test(hosts.webUrl)) protocols["jmap"] = { url: `${hosts.webUrl}/jmap/session` };
  if (Object.keys(protocols).length === 0) return null;
  return `${JSON.stringify({ authentication: { password: true }, info: { provider: { name: domain, shortName: domain } }, protocols })}\n`;
}

/** The text at `_ua-auto-config.<domain>`: the digest of the document's octets. @param sha256 of them */
export const paccDigest = (sha256: Uint8Array): string =>
  `v=UAAC1; a=sha256; d=${btoa(String.fromCharCode(...sha256))}`;
