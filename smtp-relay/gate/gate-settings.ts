import type { ListZone } from "./list-zone.ts";

/** How many of what one address may bring to the MX; the network around it (/24, /64 of IPv6) `NETWORK_FACTOR` times that. */
export interface GateLimits {
  /** Connections at once. */
  readonly connections: number;
  /** New connections within a minute. */
  readonly connectionsPerMinute: number;
  readonly messagesPerMinute: number;
  readonly recipientsPerHour: number;
  /** Recipients that do not exist: whoever tries names is stopped here. */
  readonly invalidRecipientsPerHour: number;
}

/** Many providers send from a handful of neighbours. */
export const NETWORK_FACTOR = 4;

/** A large provider sends a few messages a second from one address to all agencies here together. */
export const GATE_LIMITS: GateLimits = {
  connections: 50,
  connectionsPerMinute: 120,
  messagesPerMinute: 300,
  recipientsPerHour: 5_000,
  invalidRecipientsPerHour: 100,
};

export interface GateSettings {
  readonly limits: GateLimits;
  readonly blockLists: readonly ListZone[];
  /** Networks that are known to be good: no block lists, no greylisting, no waiting, no limits. */
  readonly exempt: readonly string[];
  /** DNS lists of those who are known to be good: no block lists, no greylisting, no waiting. */
  readonly allowLists: readonly ListZone[];
  /** How long the greeting waits for a suspicious client to talk before it; 0: never. */
  readonly greetingDelayMs: number;
  /** How long block lists and reverse names are waited for. */
  readonly dnsMs: number;
  /** First wait for whoever has too many refusals, and the longest; 0: none. */
  readonly tarpitMs: number;
  readonly tarpitMaxMs: number;
}

export const GATE_SETTINGS: GateSettings = {
  limits: GATE_LIMITS,
  blockLists: [],
  exempt: [],
  allowLists: [],
  greetingDelayMs: 2_000,
  dnsMs: 3_000,
  tarpitMs: 500,
  tarpitMaxMs: 8_000,
};
