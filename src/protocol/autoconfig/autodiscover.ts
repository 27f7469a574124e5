import type { Parsed } from "../../kernel/parsed.ts";
import { type ClientHosts, clientServers } from "./client-servers.ts";
import { xmlElement, xmlPlain, xmlText } from "./xml-text.ts";

const OUTER = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";
/** The only answer that we can give: Exchange's own protocols are not spoken here. */
export const OUTLOOK_SCHEMA =
  "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

export interface AutodiscoverRequest {
  readonly address: string;
  /** the form of the answer that is asked for; "": it does not say */
  readonly schema: string;
}

const TEXT_MAX = 16_384;

/** Reads what Outlook posts ([MS-OXDSCLI] §2.2.3.1): two elements, with or without a prefix of their namespace. Nothing is resolved: a
 * document type is malformed here. */
export function parseAutodiscover(xml: string): Parsed<AutodiscoverRequest> {
  const fault = { ok: false, at: 0, expected: "an Autodiscover request" } as const;
  if (xml.length > TEXT_MAX || /<!DOCTYPE|<!ENTITY/i.test(xml) || !/<(?:\w+:)?Autodiscover[\s>]/.test(xml))
    return fault;
  const textOf = (name: string): string | undefined => {
    const match = new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?>([^<]*)</(?:\\w+:)?${name}\\s*>`).exec(xml);
    return match?.[1] === undefined ? undefined : xmlPlain(match[1]).trim();
  };
  const address = textOf("EMailAddress");
  if (address === undefined || address === "") return fault;
  return { ok: true, value: { address, schema: textOf("AcceptableResponseSchema") ?? "" } };
}

const TYPES = { imap: "IMAP", pop3: "POP3", smtp: "SMTP" } as const;

/** The answer ([MS-OXDSCLI] §2.2.4.1): one server of each protocol, since Outlook takes the last one of a kind.
 * @param address as it was asked for; it is the name that one signs in with */
export function printAutodiscover(address: string, hosts: ClientHosts): string {
  const seen = new Set<string>();
  const protocols = clientServers(hosts).flatMap(({ protocol, host, port, security }) => {
    if (seen.has(protocol)) return [];
    seen.add(protocol);
    const own = protocol === "smtp" ? [xmlElement("UsePOPAuth", "off"), xmlElement("SMTPLast", "off")] : [];
    const elements = [
      xmlElement("Type", TYPES[protocol]),
      xmlElement("Server", host),
      xmlElement("Port", port),
      xmlElement("LoginName", address),
      xmlElement("DomainRequired", "off"),
      xmlElement("SPA", "off"),
      xmlElement("SSL", security === "tls" ? "on" : "off"),
      xmlElement("Encryption", security === "tls" ? "SSL" : "TLS"),
      xmlElement("AuthRequired", "on"),
      ...own,
    ];
    return [`      <Protocol>\n${elements.map((one) => `        ${one}`).join("\n")}\n      </Protocol>`];
  });
  return `<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="${OUTER}">
  <Response xmlns="${OUTLOOK_SCHEMA}">
    <Account>
      <AccountType>email</AccountType>
      <Action>settings</Action>
${protocols.join("\n")}
    </Account>
  </Response>
</Autodiscover>
`;
}

/** Why there is no answer: 500 the address is of no domain here; 600 it can't be read; 601 another form of answer is asked for. */
export type AutodiscoverFault = 500 | 600 | 601;

const MESSAGES: Readonly<Record<AutodiscoverFault, string>> = {
  500: "The email address cannot be found.",
  600: "Invalid Request",
  601: "Provider is not available",
};

/** [MS-OXDSCLI] §2.2.4.1.1.2 @param time of the day: `12:34:56.789` */
export function printAutodiscoverFault(fault: AutodiscoverFault, time: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="${OUTER}">
  <Response>
    <Error Time="${xmlText(time)}" Id="0">
      <ErrorCode>${fault}</ErrorCode>
      <Message>${xmlText(MESSAGES[fault])}</Message>
      <DebugData />
    </Error>
  </Response>
</Autodiscover>
`;
}
