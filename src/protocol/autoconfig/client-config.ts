import { type ClientHosts, clientServers } from "./client-servers.ts";
import { xmlElement, xmlText } from "./xml-text.ts";

const SOCKET = { tls: "SSL", starttls: "STARTTLS" } as const;

/** What Thunderbird and its kin read (draft-ietf-mailmaint-autoconfig, format 1.1). It is about the domain: the program puts the address
 * in, so the answer is the same whoever asks.
 * Left out: OAuth2, since Thunderbird has no client name at the agencies' own providers; calendars and contacts, which there are none of. */
export function printClientConfig(domain: string, hosts: ClientHosts): string {
  const servers = clientServers(hosts).map(({ protocol, host, port, security }) => {
    const kind = protocol === "smtp" ? "outgoingServer" : "incomingServer";
    const lines = [
      xmlElement("hostname", host),
      xmlElement("port", port),
      xmlElement("socketType", SOCKET[security]),
      xmlElement("username", "%EMAILADDRESS%"),
      xmlElement("authentication", "password-cleartext"),
    ];
    return [
      `    <${kind} type="${protocol}">`,
      ...lines.map((line) => `      ${line}`),
      `    </${kind}>`,
    ].join("\n");
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
  <emailProvider id="${xmlText(domain)}">
    ${xmlElement("domain", domain)}
    ${xmlElement("displayName", domain)}
    ${xmlElement("displayShortName", domain)}
${servers.join("\n")}
  </emailProvider>
  <webMail>
    <loginPage url="${xmlText(`${hosts.webUrl}/`)}"/>
  </webMail>
</clientConfig>
`;
}
