import { z } from "zod";
import { MailError } from "../../kernel/error.ts";
import {
  type CallApi,
  callJson,
  type DnsProvider,
  groupSets,
  noZone,
  pairChanges,
  type ProviderZone,
  readValue,
  zoneCandidates,
  quoteText,
} from "./provider.ts";

const Zones = z.object({ result: z.array(z.object({ id: z.string(), name: z.string() })) });
const Record = z.object({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  content: z.string(),
  ttl: z.number(),
  priority: z.number().nullish(),
});
const Records = z.object({ result: z.array(Record) });

/** A record as the API takes it. */
const written = (type: string, name: string, ttl: number, value: string): object => {
  const [priority = "0", host = ""] = value.split(" ");
  if (type === "MX") return { type, name, ttl, content: host, priority: Number(priority) };
  const content = type === "TXT" ? quoteText(value) : value;
  return { type, name, ttl, content, ...(type === "CNAME" ? { proxied: false } : {}) };
};

/** Cloudflare's API, version 4: a record each, with an id. A new name is never proxied. */
export function cloudflare(call: CallApi, base: string, token: string): DnsProvider {
  const headers = { authorization: `Bearer ${token}` };
  const ask = async <S extends z.ZodType>(schema: S, path: string): Promise<z.output<S>> => {
    const parsed = schema.safeParse(await callJson(call, `${base}${path}`, { headers }));
    if (!parsed.success) throw new MailError("dns_provider_unavailable", { path: path.split("?")[0] });
    return parsed.data;
  };
  const tell = (method: string, path: string, value?: unknown): Promise<unknown> =>
    callJson(call, `${base}${path}`, {
      method,
      headers,
      ...(value === undefined ? {} : { body: JSON.stringify(value) }),
    });
  const recordsOf = async ({ id }: ProviderZone, name: string) => {
    const { result } = await ask(
      Records,
      `/zones/${id}/dns_records?name=${encodeURIComponent(name)}&per_page=100`,
    );
    return result.map((one) => {
      const content = readValue(one.type, one.content);
      return { ...one, value: one.type === "MX" ? `${one.priority ?? 0} ${content}` : content };
    });
  };
  const setTo = async (
    zone: ProviderZone,
    { name, type, ttl, values }: { name: string; type: string; ttl: number; values: readonly string[] },
  ): Promise<void> => {
    const there = (await recordsOf(zone, name)).filter((one) => one.type === type);
    const { change, add, drop } = pairChanges(there, values);
    const path = `/zones/${zone.id}/dns_records`;
    for (const [old, value] of change)
      await tell("PUT", `${path}/${old.id}`, written(type, name, ttl, value));
    for (const value of add) await tell("POST", path, written(type, name, ttl, value));
    for (const old of drop) await tell("DELETE", `${path}/${old.id}`);
  };
  return {
    async zoneOf(domain) {
      for (const name of zoneCandidates(domain)) {
        const { result } = await ask(Zones, `/zones?name=${encodeURIComponent(name)}`);
        const [zone] = result;
        if (zone !== undefined) return zone;
      }
      return noZone(domain);
    },
    list: async (zone, name) => groupSets(name, await recordsOf(zone, name)),
    upsert: setTo,
    remove: (zone, set) => setTo(zone, { ...set, values: [] }),
    finish: () => Promise.resolve(),
  };
}
