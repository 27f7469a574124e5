import { spf } from "mailauth";
import type { CheckSpf } from "../../src/domains/index.ts";
import type { Resolver } from "../../src/dns/index.ts";
import { mailauthDns } from "../inbound/mailauth-dns.ts";

/** SPF as receivers check it, of a record that stands in the DNS or of one that is to stand there. */
export function checkSpfWith(resolver: Resolver, hostname: string): CheckSpf {
  return async (ip, domain, record) => {
    const asked = mailauthDns(resolver, { isOver: false });
    const { status } = await spf({
      ip,
      sender: `postmaster@${domain}`,
      helo: domain,
      mta: hostname,
      resolver: (name, type) =>
        record !== null && type === "TXT" && name.toLowerCase().replace(/\.$/, "") === domain
          ? Promise.resolve([[record]])
          : asked(name, type),
    });
    return status.result === "pass";
  };
}
