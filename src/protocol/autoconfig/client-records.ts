import { type ClientHosts } from "./client-servers.ts";
import { PACC_LABEL } from "./pacc.ts";

/** A record by which programs find the servers of a domain; names without a dot at their end. SRV: `priority weight port host`. */
export interface ClientRecord {
  readonly name: string;
  readonly type: "SRV" | "CNAME" | "TXT";
  readonly value: string;
  readonly ttl: number;
}

const TTL = 3_600;

/** RFC 6186 and RFC 8314 §5.1 (mail), RFC 8620 §2.2 (JMAP), Outlook's own, the names under which Thunderbird and PACC ask. All of them are
 * optional: nothing but comfort is lost without them. Calendars and contacts are not here, since there are none.
 * @param digest the text of PACC's record; null: there is no such document */
export function clientRecords(
  domain: string,
  hosts: ClientHosts,
  digest: string | null,
): readonly ClientRecord[] {
  const { host, ports } = hosts;
  const web = new URL(hosts.webUrl);
  const isSecure = web.protocol === "https:";
  const webPort = web.port === "" ? 443 : Number(web.port);
  const srv = (service: string, port: number, target: string, priority = 0): ClientRecord[] =>
    port === 0
      ? []
      : [
          {
            name: `_${service}._tcp.${domain}`,
            type: "SRV",
            value: `${priority} 1 ${port} ${target}`,
            ttl: TTL,
          },
        ];
  const cname = (label: string): ClientRecord => ({
    name: `${label}.${domain}`,
    type: "CNAME",
    value: web.hostname,
    ttl: TTL,
  });
  return [
    ...srv("imaps", ports.imaps, host),
    // RFC 6186 §3.4: who speaks both asks for IMAP first.
    ...srv("pop3s", ports.pop3s, host, 10),
    ...srv("submissions", ports.submissions, host),
    ...(isSecure ? srv("jmap", webPort, web.hostname) : []),
    ...(isSecure ? srv("autodiscover", webPort, web.hostname) : []),
    cname("autoconfig"),
    cname("autodiscover"),
    ...(digest === null
      ? []
      : [
          cname(PACC_LABEL),
          { name: `_${PACC_LABEL}.${domain}`, type: "TXT" as const, value: digest, ttl: TTL },
        ]),
  ];
}
