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

const Zones = z.object({ zones: z.array(z.object({ id: z.number(), name: z.string() })) });
const Sets = z.object({
  rrsets: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      ttl: z.number().nullable(),
      records: z.array(z.object({ value: z.string() })),
    }),
  ),
});

const labelOf = (zone: ProviderZone, name: string): string => relativeName(name, zone.name, "@");

/** Hetzner's Cloud API, where the DNS is since 2025: sets of records by name and type. */
export function hetzner(call: CallApi, base: string, token: string): DnsProvider {
  const headers = { authorization: `Bearer ${token}` };
  const ask = async <S extends z.ZodType>(schema: S, path: string): Promise<z.output<S>> => {
    const parsed = schema.safeParse(await callJson(call, `${base}${path}`, { headers }));
    if (!parsed.success) throw new MailError("dns_provider_unavailable", { path: path.split("?")[0] });
    return parsed.data;
  };
  const list = async (zone: ProviderZone, name: string) => {
    const label = labelOf(zone, name);
    const { rrsets } = await ask(Sets, `/zones/${zone.id}/rrsets?name=${encodeURIComponent(label)}`);
    return rrsets
      .filter((one) => one.name === label)
      .map(({ type, ttl, records }) => ({
        name,
        type,
        ttl: ttl ?? 3_600,
        values: records.map(({ value }) => readValue(type, value)),
      }));
  };
  return {
    async zoneOf(domain) {
      for (const name of zoneCandidates(domain)) {
        const { zones } = await ask(Zones, `/zones?name=${encodeURIComponent(name)}`);
        const [zone] = zones;
        if (zone !== undefined) return { name: zone.name, id: String(zone.id) };
      }
      return noZone(domain);
    },
    list,
    async upsert(zone, { name, type, ttl, values }) {
      const records = values.map((value) => ({ value: printValue(type, value) }));
      const label = labelOf(zone, name);
      const isThere = (await list(zone, name)).some((one) => one.type === type);
      const path = `${base}/zones/${zone.id}/rrsets`;
      if (isThere) {
        const url = `${path}/${encodeURIComponent(label)}/${type}/actions/set_records`;
        await callJson(call, url, { method: "POST", headers, body: JSON.stringify({ records }) });
      } else
        await callJson(call, path, {
          method: "POST",
          headers,
          body: JSON.stringify({ name: label, type, ttl, records }),
        });
    },
    async remove(zone, { name, type }) {
      const url = `${base}/zones/${zone.id}/rrsets/${encodeURIComponent(labelOf(zone, name))}/${type}`;
      await callJson(call, url, { method: "DELETE", headers });
    },
    finish: () => Promise.resolve(),
  };
}
