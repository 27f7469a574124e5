/** What stands in the queue in place of a domain when a certain server gets the mail, whatever the DNS says: no domain begins so, and no
 * address can be written that has one. */
const SIGN = "=";

/** @param server `mail.old.example:25` */
export const relayDomain = (server: string): string => `${SIGN}${server}`;

/** The server of such a name; null: it is a domain. */
export function relayServer(domain: string): { readonly host: string; readonly port: number } | null {
  if (!domain.startsWith(SIGN)) return null;
  const colon = domain.lastIndexOf(":");
  return {
    host: domain.slice(SIGN.length, colon).replace(/^\[(.*)\]$/, "$1"),
    port: Number(domain.slice(colon + 1)),
  };
}
