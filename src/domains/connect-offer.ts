import { z } from "zod";
import type { ConnectOffer } from "./domain-look.ts";
import type { Domains } from "./domains.ts";
import { serviceIdOf } from "./connect-template.ts";

/** What we use of a provider's settings; the rest may be whatever it is. */
const ProviderSettings = z.object({
  providerId: z.string().min(1).max(200),
  providerName: z.string().min(1).max(200),
  providerDisplayName: z.string().min(1).max(200).optional(),
  urlSyncUX: z.url({ protocol: /^https$/ }).max(500),
  urlAPI: z.url({ protocol: /^https$/ }).max(500),
  width: z.number().int().positive().max(10_000).optional(),
  height: z.number().int().positive().max(10_000).optional(),
});

const bare = (url: string): string => url.replace(/\/+$/, "");

/** Asks a DNS provider whether it does Domain Connect for a domain, and knows our template. Never throws.
 * @param host from the domain's DNS, so whatever its owner wrote @returns null: it does not */
export async function findConnectOffer(
  { fetchPublic, settings, log }: Domains,
  host: string,
  apex: string,
): Promise<ConnectOffer | null> {
  try {
    const said = await fetchPublic(`https://${host}/v2/${apex}/settings`);
    if (said.status !== 200) return null;
    const parsed = ProviderSettings.safeParse(JSON.parse(said.body));
    if (!parsed.success) return null;
    const { providerId, providerName, providerDisplayName, urlSyncUX, urlAPI, width, height } = parsed.data;
    const { providerId: ours, serviceId } = serviceIdOf(settings);
    const template = await fetchPublic(
      `${bare(urlAPI)}/v2/domainTemplates/providers/${encodeURIComponent(ours)}/services/${serviceId}`,
    );
    if (template.status !== 200) return null;
    return {
      providerId,
      providerName: providerDisplayName ?? providerName,
      syncUrl: bare(urlSyncUX),
      width: width ?? null,
      height: height ?? null,
    };
  } catch (error) {
    log.info("domain_connect_failed", { host, error });
    return null;
  }
}
