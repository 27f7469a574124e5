import { z } from "zod";
import { MailError } from "../../kernel/error.ts";
import {
  type CallApi,
  callJson,
  type DnsProvider,
  noZone,
  printValue,
  type ProviderZone,
  readValue,
  relativeName,
  zoneCandidates,
} from "./provider.ts";

const Sets = z.array(
  z.object({ rrset_type: z.string(), rrset_ttl: z.number(), rrset_values: z.array(z.string()) }),
);
/** LiveDNS takes no shorter one. */
const TTL_MIN = 300;

/** Gandi's LiveDNS, version 5: sets of records by name and type. */
export function gandi(call: CallApi, base: string, token: string): DnsProvider {
  const headers = { authorization: `Bearer ${token}` };
  const path = (zone: ProviderZone, name: string, type = ""): string => {
    const label = encodeURIComponent(relativeName(name, zone.name, "@"));
    return `${base}/livedns/domains/${zone.id}/records/${label}${type === "" ? "" : `/${type}`}`;
  };
  return {
    async zoneOf(domain) {
      for (const name of zoneCandidates(domain)) {
        const found = await callJson(call, `${base}/livedns/domains/${name}`, { headers });
        if (found !== undefined) return { name, id: name };
      }
      return noZone(domain);
    },
    async list(zone, name) {
      const said = await callJson(call, path(zone, name), { headers });
      const parsed = Sets.safeParse(said ?? []);
      if (!parsed.success) throw new MailError("dns_provider_unavailable", { zone: zone.name });
      return parsed.data.map(({ rrset_type: type, rrset_ttl: ttl, rrset_values: values }) => ({
        name,
        type,
        ttl,
        values: values.map((value) => readValue(type, value)),
      }));
    },
    async upsert(zone, { name, type, ttl, values }) {
      const body = JSON.stringify({
        rrset_ttl: Math.max(TTL_MIN, ttl),
        rrset_values: values.map((value) => printValue(type, value)),
      });
      await callJson(call, path(zone, name, type), { method: "PUT", headers, body });
    },
    async remove(zone, { name, type }) {
      await callJson(call, path(zone, name, type), { method: "DELETE", headers });
    },
    finish: () => Promise.resolve(),
  };
}
