/** Who sends mail for others, and how their servers are named. */
export interface MailProvider {
  readonly name: string;
  /** domains that the reverse names of their addresses lie below */
  readonly hosts: readonly string[];
  /** what their customers put into their SPF records; undefined: it differs between customers */
  readonly include?: string;
}

const PROVIDERS: readonly MailProvider[] = [
  { name: "Google", hosts: ["google.com"], include: "_spf.google.com" },
  {
    name: "Microsoft 365",
    hosts: ["outlook.com", "protection.outlook.com"],
    include: "spf.protection.outlook.com",
  },
  {
    name: "Mailchimp",
    hosts: ["mcsv.net", "rsgsv.net", "mcdlv.net", "mandrillapp.com"],
    include: "servers.mcsv.net",
  },
  { name: "SendGrid", hosts: ["sendgrid.net"], include: "sendgrid.net" },
  { name: "Amazon SES", hosts: ["amazonses.com"], include: "amazonses.com" },
  { name: "Brevo", hosts: ["sendinblue.com", "brevo.com", "mailin.fr"], include: "spf.brevo.com" },
  { name: "Mailjet", hosts: ["mailjet.com"], include: "spf.mailjet.com" },
  { name: "Mailgun", hosts: ["mailgun.net", "mailgun.org"], include: "mailgun.org" },
  { name: "Postmark", hosts: ["mtasv.net"], include: "spf.mtasv.net" },
  { name: "SparkPost", hosts: ["sparkpostmail.com"] },
  { name: "Zoho", hosts: ["zoho.com", "zoho.eu", "zohomail.com"], include: "zoho.eu" },
  { name: "Salesforce", hosts: ["salesforce.com", "exacttarget.com"], include: "_spf.salesforce.com" },
  { name: "Zendesk", hosts: ["zendesk.com", "zdsys.com"], include: "mail.zendesk.com" },
  { name: "HubSpot", hosts: ["hubspotemail.net", "hubspot.com"] },
  { name: "OVH", hosts: ["ovh.net"], include: "mx.ovh.com" },
  { name: "IONOS", hosts: ["kundenserver.de", "perfora.net"], include: "_spf.perfora.net" },
];

/** Who has a host; null: nobody that we know by name. @param host a name of it */
export function providerOf(host: string): MailProvider | null {
  const name = host.toLowerCase().replace(/\.$/, "");
  return PROVIDERS.find(({ hosts }) => hosts.some((one) => name === one || name.endsWith(`.${one}`))) ?? null;
}
