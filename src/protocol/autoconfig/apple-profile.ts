import { type ClientHosts, type ClientServer, clientServers } from "./client-servers.ts";
import { xmlElement, xmlText } from "./xml-text.ts";

type Value = string | number | boolean | readonly Dictionary[];
type Dictionary = Readonly<Record<string, Value>>;

export interface ProfileOwner {
  readonly address: string;
  readonly name: string;
  /** it signs in to all servers */
  readonly password: string;
  /** shown when it is installed, and in the list of accounts */
  readonly title: string;
  /** what it is for, in the language of the reader */
  readonly about: string;
  /** of the profile and of what is in it: a profile with the same ones takes the place of the other */
  readonly ids: readonly [string, string];
}

function print(value: Value, indent: string): string {
  if (typeof value === "string") return indent + xmlElement("string", value);
  if (typeof value === "number") return indent + xmlElement("integer", value);
  if (typeof value === "boolean") return `${indent}<${value ? "true" : "false"}/>`;
  return `${indent}<array>\n${value.map((one) => printDictionary(one, `${indent}\t`)).join("\n")}\n${indent}</array>`;
}

const printDictionary = (dictionary: Dictionary, indent: string): string =>
  [
    `${indent}<dict>`,
    ...Object.entries(dictionary).flatMap(([key, value]) => [
      `${indent}\t<key>${xmlText(key)}</key>`,
      print(value, `${indent}\t`),
    ]),
    `${indent}</dict>`,
  ].join("\n");

const reversed = (name: string): string => name.split(".").toReversed().join(".");

/** `UseSSL` is TLS in either form: iOS tries STARTTLS where the port is one of those. */
const server = (
  side: "Incoming" | "Outgoing",
  { host, port }: ClientServer,
  address: string,
): Dictionary => ({
  [`${side}MailServerAuthentication`]: "EmailAuthPassword",
  [`${side}MailServerHostName`]: host,
  [`${side}MailServerPortNumber`]: port,
  [`${side}MailServerUseSSL`]: true,
  [`${side}MailServerUsername`]: address,
});

/** A configuration for Apple's Mail (payload `com.apple.mail.managed`): IMAP, or POP3 where there is no IMAP, and submission.
 * @returns null: there is nothing to configure */
export function printAppleProfile(hosts: ClientHosts, owner: ProfileOwner): string | null {
  const all = clientServers(hosts);
  const incoming = all.find(({ protocol }) => protocol !== "smtp");
  const outgoing = all.find(({ protocol }) => protocol === "smtp");
  if (incoming === undefined || outgoing === undefined) return null;
  const { address, name, password, title, about, ids } = owner;
  const identifier = `${reversed(hosts.host)}.mail.${address.replace("@", ".at.")}`;
  const mail: Dictionary = {
    PayloadType: "com.apple.mail.managed",
    PayloadVersion: 1,
    PayloadIdentifier: `${identifier}.account`,
    PayloadUUID: ids[1],
    PayloadDisplayName: title,
    EmailAccountDescription: title,
    EmailAccountName: name,
    EmailAccountType: incoming.protocol === "imap" ? "EmailTypeIMAP" : "EmailTypePOP",
    EmailAddress: address,
    ...server("Incoming", incoming, address),
    IncomingPassword: password,
    ...server("Outgoing", outgoing, address),
    OutgoingPasswordSameAsIncomingPassword: true,
    PreventMove: false,
    PreventAppSheet: false,
    SMIMEEnabled: false,
  };
  const profile: Dictionary = {
    PayloadType: "Configuration",
    PayloadVersion: 1,
    PayloadIdentifier: identifier,
    PayloadUUID: ids[0],
    PayloadDisplayName: title,
    PayloadDescription: about,
    PayloadOrganization: title,
    PayloadRemovalDisallowed: false,
    PayloadContent: [mail],
  };
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
${printDictionary(profile, "")}
</plist>
`;
}
