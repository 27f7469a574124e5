import { z } from "zod";
import { MailError } from "../../kernel/error.ts";
import {
  type CallApi,
  callJson,
  type DnsProvider,
  groupSets,
  noZone,
  pairChanges,
  printValue,
  type ProviderZone,
  readValue,
  relativeName,
  zoneCandidates,
} from "./provider.ts";

export interface OvhKeys {
  readonly applicationKey: string;
  readonly applicationSecret: string;
  readonly consumerKey: string;
}

/** The three houses of OVH. */
export const OVH_ENDPOINTS = {
  "ovh-eu": "https://eu.api.ovh.com/1.0",
  "ovh-ca": "https://ca.api.ovh.com/1.0",
  "ovh-us": "https://api.us.ovhcloud.com/1.0",
} as const;

const Record = z.object({
  id: z.number(),
  fieldType: z.string(),
  subDomain: z.string().nullish(),
  target: z.string(),
  ttl: z.number().nullish(),
});

async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (octet) => octet.toString(16).padStart(2, "0")).join("");
}

const zonePath = (zone: ProviderZone): string => `/domain/zone/${encodeURIComponent(zone.id)}`;

/** OVH's API: each request is signed with the time of their clock, which is asked for once. A zone is refreshed at the end. */
export function ovh(call: CallApi, base: string, keys: OvhKeys, clock: () => number): DnsProvider {
  let ahead: Promise<number> | undefined;
  /** How many seconds their clock is ahead of ours. */
  const aheadOf = async (): Promise<number> => {
    const said = await callJson(call, `${base}/auth/time`, { headers: {} });
    if (typeof said !== "number") throw new MailError("dns_provider_unavailable", { path: "/auth/time" });
    return said - Math.floor(clock() / 1_000);
  };
  const request = async (method: string, path: string, value?: unknown): Promise<unknown> => {
    ahead ??= aheadOf();
    const at = String(Math.floor(clock() / 1_000) + (await ahead));
    const url = `${base}${path}`;
    const body = value === undefined ? "" : JSON.stringify(value);
    const signed = [keys.applicationSecret, keys.consumerKey, method, url, body, at].join("+");
    const headers = {
      "x-ovh-application": keys.applicationKey,
      "x-ovh-consumer": keys.consumerKey,
      "x-ovh-timestamp": at,
      "x-ovh-signature": `$1$${await sha1(signed)}`,
    };
    return callJson(call, url, { method, headers, ...(value === undefined ? {} : { body }) });
  };
  const ask = async <S extends z.ZodType>(schema: S, path: string): Promise<z.output<S>> => {
    const parsed = schema.safeParse(await request("GET", path));
    if (!parsed.success) throw new MailError("dns_provider_unavailable", { path: path.split("?")[0] });
    return parsed.data;
  };
  const recordsOf = async (zone: ProviderZone, name: string) => {
    const sub = relativeName(name, zone.name, "");
    const ids = await ask(
      z.array(z.number()),
      `${zonePath(zone)}/record?subDomain=${encodeURIComponent(sub)}`,
    );
    const records = [];
    for (const id of ids) {
      const one = await ask(Record, `${zonePath(zone)}/record/${id}`);
      // The API looks for what begins so, too.
      if ((one.subDomain ?? "") !== sub) continue;
      // SPF is a type of its own form here, and TXT on the wire.
      const type = one.fieldType === "SPF" ? "TXT" : one.fieldType;
      records.push({
        id,
        fieldType: one.fieldType,
        type,
        ttl: one.ttl ?? 0,
        value: readValue(type, one.target),
      });
    }
    return records;
  };
  const setTo = async (
    zone: ProviderZone,
    { name, type, ttl, values }: { name: string; type: string; ttl: number; values: readonly string[] },
  ): Promise<void> => {
    const there = (await recordsOf(zone, name)).filter((one) => one.type === type);
    const subDomain = relativeName(name, zone.name, "");
    const { change, add, drop } = pairChanges(there, values);
    for (const [old, value] of change)
      await request("PUT", `${zonePath(zone)}/record/${old.id}`, {
        subDomain,
        target: printValue(type, value),
        ttl,
      });
    for (const value of add)
      await request("POST", `${zonePath(zone)}/record`, {
        fieldType: type,
        subDomain,
        target: printValue(type, value),
        ttl,
      });
    for (const old of drop) await request("DELETE", `${zonePath(zone)}/record/${old.id}`);
  };
  return {
    async zoneOf(domain) {
      const zones = await ask(z.array(z.string()), "/domain/zone");
      const name = zoneCandidates(domain).find((one) => zones.includes(one));
      return name === undefined ? noZone(domain) : { name, id: name };
    },
    list: async (zone, name) => groupSets(name, await recordsOf(zone, name)),
    upsert: setTo,
    remove: (zone, set) => setTo(zone, { ...set, values: [] }),
    finish: async (zone) => void (await request("POST", `${zonePath(zone)}/refresh`)),
  };
}
