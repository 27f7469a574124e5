import type { ProviderName } from "../contract/domains.ts";

/** Somebody who runs name servers for others. */
interface DnsHost {
  readonly id: string;
  readonly name: string;
  /** ends of the names of its name servers, or of the mailbox in the SOA record */
  readonly servers: readonly string[];
  readonly panelUrl: string;
  /** what we can change records with */
  readonly adapter?: ProviderName;
}

const host = (
  id: string,
  name: string,
  servers: readonly string[],
  panelUrl: string,
  adapter?: ProviderName,
): DnsHost => ({ id, name, servers, panelUrl, ...(adapter === undefined ? {} : { adapter }) });

/** Where the domains of public bodies in Europe mostly are. A name server belongs to the first whose end it has. */
const HOSTS: readonly DnsHost[] = [
  host(
    "cloudflare",
    "Cloudflare",
    ["ns.cloudflare.com", "cloudflare.net"],
    "https://dash.cloudflare.com/",
    "cloudflare",
  ),
  host("ovh", "OVHcloud", ["ovh.net", "anycast.me", "ovh.ca"], "https://www.ovh.com/manager/", "ovh"),
  host("gandi", "Gandi", ["gandi.net"], "https://admin.gandi.net/", "gandi"),
  host("desec", "deSEC", ["desec.io", "desec.org"], "https://desec.io/domains", "desec"),
  host(
    "hetzner",
    "Hetzner",
    ["ns.hetzner.com", "ns.hetzner.de", "first-ns.de", "second-ns.com", "second-ns.de", "your-server.de"],
    "https://console.hetzner.com/",
    "hetzner",
  ),
  host(
    "azure",
    "Azure DNS",
    ["azure-dns.com", "azure-dns.net", "azure-dns.org", "azure-dns.info"],
    "https://portal.azure.com/",
  ),
  host(
    "google",
    "Google Cloud DNS",
    ["googledomains.com", "google.com"],
    "https://console.cloud.google.com/net-services/dns",
  ),
  host("godaddy", "GoDaddy", ["domaincontrol.com"], "https://dcc.godaddy.com/"),
  host("ionos", "IONOS", ["ui-dns.com", "ui-dns.de", "ui-dns.org", "ui-dns.biz"], "https://my.ionos.com/"),
  host(
    "aruba",
    "Aruba",
    ["technorail.com", "arubadns.net", "arubadns.cz", "aruba.it"],
    "https://managehosting.aruba.it/",
  ),
  host("register-it", "Register.it", ["register.it"], "https://controlpanel.register.it/"),
  host("papaki", "Papaki", ["papaki.gr", "papaki.com", "papakihosting.com"], "https://www.papaki.com/cp2/"),
  host("tophost-gr", "Top.Host", ["top.host", "dnhost.gr", "dnhost.net"], "https://my.top.host/"),
  host("pointer", "Pointer.gr", ["pointer.gr"], "https://www.pointer.gr/"),
  host("ip-gr", "IP.gr", ["ip.gr"], "https://www.ip.gr/"),
  host("infomaniak", "Infomaniak", ["infomaniak.ch", "infomaniak.com"], "https://manager.infomaniak.com/"),
  host(
    "scaleway",
    "Scaleway",
    ["dom.scw.cloud", "online.net", "scaleway.com"],
    "https://console.scaleway.com/domains",
  ),
  host(
    "namecheap",
    "Namecheap",
    ["registrar-servers.com", "namecheaphosting.com"],
    "https://ap.www.namecheap.com/",
  ),
  host("netcup", "netcup", ["netcup.net", "netcup.de"], "https://www.customercontrolpanel.de/"),
  host("strato", "STRATO", ["rzone.de", "strato.de"], "https://www.strato.de/apps/CustomerService"),
  host("inwx", "INWX", ["inwx.de", "inwx.eu", "inwx.com"], "https://www.inwx.com/"),
  host("transip", "TransIP", ["transip.net", "transip.nl", "transip.eu"], "https://www.transip.eu/cp/"),
  host("hostinger", "Hostinger", ["dns-parking.com", "hostinger.com"], "https://hpanel.hostinger.com/"),
  host("one-com", "one.com", ["one.com", "b-one-dns.net"], "https://www.one.com/admin/"),
  host("loopia", "Loopia", ["loopia.se"], "https://customerzone.loopia.com/"),
  host("simply", "Simply.com", ["simply.com", "unoeuro.com"], "https://www.simply.com/controlpanel/"),
  host("porkbun", "Porkbun", ["porkbun.com"], "https://porkbun.com/account/domainsSpeedy"),
  host("dnsimple", "DNSimple", ["dnsimple.com", "dnsimple-edge.net"], "https://dnsimple.com/"),
  host(
    "digitalocean",
    "DigitalOcean",
    ["digitalocean.com"],
    "https://cloud.digitalocean.com/networking/domains",
  ),
  host("akamai", "Akamai (Linode)", ["linode.com", "akam.net"], "https://cloud.linode.com/domains"),
  host("bunny", "bunny.net", ["bunny.net"], "https://dash.bunny.net/dns"),
  host("wix", "Wix", ["wixdns.net"], "https://manage.wix.com/"),
  host("squarespace", "Squarespace", ["squarespacedns.com"], "https://account.squarespace.com/domains"),
  host("ns1", "NS1", ["nsone.net"], "https://my.nsone.net/"),
  host("seeweb", "Seeweb", ["seeweb.it", "seeweb.com"], "https://cp.seeweb.it/"),
  host("netsons", "Netsons", ["netsons.net", "netsons.org"], "https://www.netsons.com/"),
  host("dinahosting", "dinahosting", ["dinahosting.com"], "https://panel.dinahosting.com/"),
  host("arsys", "Arsys", ["servidoresdns.net"], "https://pdc.arsys.es/"),
  host("home-pl", "home.pl", ["home.pl"], "https://panel.home.pl/"),
  host("wedos", "WEDOS", ["wedos.net", "wedos.com", "wedos.cz", "wedos.eu"], "https://client.wedos.com/"),
];

/** Route 53 numbers its name servers: ns-1001.awsdns-61.net. */
const ROUTE53 = host("route53", "Amazon Route 53", [], "https://console.aws.amazon.com/route53/");

/** @returns who runs these name servers; undefined: nobody that we know
 * @param contact the mailbox in the SOA record: says it where the name servers have names of the customer */
export function findDnsHost(nameServers: readonly string[], contact: string): DnsHost | undefined {
  for (const name of [...nameServers, contact]) {
    if (/\.awsdns-\d+\.(?:com|net|org|co\.uk)$/.test(name) || name.endsWith("awsdns-hostmaster.amazon.com"))
      return ROUTE53;
    const found = HOSTS.find(({ servers }) =>
      servers.some((end) => name === end || name.endsWith(`.${end}`)),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}
