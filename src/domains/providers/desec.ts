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
  type RecordSet,
  relativeName,
} from "./provider.ts";

const Domains = z.array(z.object({ name: z.string(), minimum_ttl: z.number().optional() }));
const Sets = z.array(z.object({ type: z.string(), ttl: z.number(), records: z.array(z.string()) }));
/** What deSEC takes for most accounts; `minimum_ttl` of the domain may be less. */
const TTL_MIN = 3_600;

/** deSEC's API: sets of records, changed in bulk; an empty set is none. */
export function desec(call: CallApi, base: string, token: string): DnsProvider {
  const headers = { authorization: `Token ${token}` };
  const setTo = async (zone: ProviderZone, set: RecordSet): Promise<void> => {
    const { name, type, ttl, values } = set;
    const body = JSON.stringify([
      {
        subname: relativeName(name, zone.name, ""),
        type,
        ttl: Math.max(TTL_MIN, ttl),
        records: values.map((value) => printValue(type, value)),
      },
    ]);
    const said = await callJson(call, `${base}/domains/${zone.id}/rrsets/`, {
      method: "PATCH",
      headers,
      body,
    });
    if (said === undefined) throw new MailError("dns_provider_refused", { zone: zone.name });
  };
  return {
    async zoneOf(domain) {
      const said = await callJson(call, `${base}/domains/?owns_qname=${encodeURIComponent(domain)}`, {
        headers,
      });
      const [zone] = Domains.safeParse(said).data ?? [];
      return zone === undefined ? noZone(domain) : { name: zone.name, id: zone.name };
    },
    async list(zone, name) {
      const subname = encodeURIComponent(relativeName(name, zone.name, ""));
      const said = await callJson(call, `${base}/domains/${zone.id}/rrsets/?subname=${subname}`, { headers });
      const parsed = Sets.safeParse(said);
      if (!parsed.success) throw new MailError("dns_provider_unavailable", { zone: zone.name });
      return parsed.data.map(({ type, ttl, records }) => ({
        name,
        type,
        ttl,
        values: records.map((value) => readValue(type, value)),
      }));
    },
    upsert: setTo,
    remove: (zone, set) => setTo(zone, { ...set, values: [] }),
    finish: () => Promise.resolve(),
  };
}
