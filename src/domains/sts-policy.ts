import { normalizeDomain } from "../protocol/address/index.ts";
import type { Domains } from "./domains.ts";
import { findStsMode } from "./own-domain.store.ts";

/** While it is only tried out, a mistake is forgotten within a day; then a month, so that nobody who cuts the way to us for a while
 * makes others forget it (RFC 8461 §10). */
const MAX_AGE_S = { testing: 86_400, enforce: 2_592_000 } as const;

/** The policy file of a domain (RFC 8461 §3.2).
 * @param host of the request: `mta-sts.<domain>`, perhaps with a port
 * @returns undefined: the domain is not proven here, or its mail does not come here, so there is none */
export async function stsPolicyOf(
  { outbound, settings }: Domains,
  host: string,
): Promise<string | undefined> {
  const parsed = normalizeDomain(host.replace(/:\d{1,5}$/, ""));
  if (!parsed.ok || !parsed.value.startsWith("mta-sts.")) return undefined;
  const name = parsed.value.slice("mta-sts.".length);
  const mode = await outbound.store.db.system("policy for mta-sts", (tx) => findStsMode(tx, name));
  if (mode === undefined) return undefined;
  const lines = ["version: STSv1", `mode: ${mode}`, `mx: ${settings.mxHost}`, `max_age: ${MAX_AGE_S[mode]}`];
  return `${lines.join("\r\n")}\r\n`;
}
