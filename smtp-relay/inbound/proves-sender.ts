import type { Authentication } from "./authentication.ts";

/** Is it proven that a message comes from the domain of its envelope's sender? By SPF for that domain, or by DMARC when the author's domain
 * is the same. What is before the `@` is that domain's word: nothing on the way proves more. */
export function provesSender(authentication: Authentication | undefined, mailFrom: string): boolean {
  if (authentication === undefined || mailFrom === "") return false;
  const domain = mailFrom.slice(mailFrom.lastIndexOf("@") + 1).toLowerCase();
  const { spf, dmarc } = authentication;
  const isBySpf = spf.result === "pass" && spf.scope === "mfrom" && spf.domain.toLowerCase() === domain;
  return isBySpf || (dmarc.result === "pass" && dmarc.fromDomain?.toLowerCase() === domain);
}
