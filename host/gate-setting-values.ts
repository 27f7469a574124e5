import type { z } from "zod";
import { GATE_LIMITS, type GateLimits } from "../smtp-relay/gate/gate-settings.ts";
import { type ListZone, parseListZone } from "../smtp-relay/gate/list-zone.ts";
import { isNetwork } from "../smtp-relay/listen/address.ts";
import { CLIENT_LIMITS, type ClientLimits } from "../smtp-relay/listen/client-connections.ts";

const itemsOf = (text: string | undefined): string[] =>
  (text ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

function refuse(ctx: z.core.$RefinementCtx, input: unknown, message: string): void {
  ctx.addIssue({ code: "custom", message, input });
}

/** `192.0.2.1,2001:db8::/32`: addresses and networks. */
export function parseNetworks(text: string | undefined, ctx: z.core.$RefinementCtx): readonly string[] {
  const items = itemsOf(text);
  for (const item of items)
    if (!isNetwork(item))
      refuse(ctx, text, `"${item}" is not an address or a network, like 192.0.2.1 or 2001:db8::/32`);
  return items.filter(isNetwork);
}

/** `zen.example=127.0.0.2-11,bl.example`: DNS lists, and which of their answers count. */
export function parseBlockLists(text: string | undefined, ctx: z.core.$RefinementCtx): readonly ListZone[] {
  return itemsOf(text).flatMap((item) => {
    const parsed = parseListZone(item);
    if (parsed.ok) return [parsed.value];
    refuse(ctx, text, `"${item}" is not a DNS list: expected ${parsed.expected}`);
    return [];
  });
}

/** Who is known to be good: networks, and DNS lists of those who are. */
export interface Exempt {
  readonly networks: readonly string[];
  readonly lists: readonly ListZone[];
}

/** `192.0.2.0/24,list.example=127.0.*.1-3` */
export function parseExempt(text: string | undefined, ctx: z.core.$RefinementCtx): Exempt {
  const items = itemsOf(text);
  const lists = items.filter((item) => !isNetwork(item)).join(",");
  return { networks: items.filter(isNetwork), lists: parseBlockLists(lists, ctx) };
}

const LIMIT_NAMES: Readonly<Record<string, keyof GateLimits>> = {
  connections: "connections",
  "connections-per-minute": "connectionsPerMinute",
  "messages-per-minute": "messagesPerMinute",
  "recipients-per-hour": "recipientsPerHour",
  "invalid-recipients-per-hour": "invalidRecipientsPerHour",
};

const CLIENT_LIMIT_NAMES: Readonly<Record<string, keyof ClientLimits>> = {
  total: "total",
  "per-address": "perAddress",
  "per-user": "perUser",
};

/** `messages-per-minute=300,connections=50`: what is not named has its default. */
export const parseGateLimits = (text: string | undefined, ctx: z.core.$RefinementCtx): GateLimits =>
  parseLimits(text, ctx, LIMIT_NAMES, GATE_LIMITS);

/** `total=15000,per-user=50`: what is not named has its default. */
export const parseClientLimits = (text: string | undefined, ctx: z.core.$RefinementCtx): ClientLimits =>
  parseLimits(text, ctx, CLIENT_LIMIT_NAMES, CLIENT_LIMITS);

function parseLimits<T extends object>(
  text: string | undefined,
  ctx: z.core.$RefinementCtx,
  keys: Readonly<Record<string, keyof T>>,
  byDefault: T,
): T {
  return itemsOf(text).reduce((limits, item) => {
    const [name = "", value = ""] = item.split("=");
    const key = keys[name];
    if (key !== undefined && /^[1-9]\d{0,8}$/.test(value)) return { ...limits, [key]: Number(value) };
    const names = Object.keys(keys);
    refuse(ctx, text, `"${item}" is not a limit like ${names[0]}=50; the limits are ${names.join(", ")}`);
    return limits;
  }, byDefault);
}
