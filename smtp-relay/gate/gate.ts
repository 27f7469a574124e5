import type { Registry } from "prom-client";
import type { Resolver } from "../../src/dns/index.ts";
import type { Log } from "../../src/kernel/ports.ts";
import type { Outbound } from "../../src/outbound/index.ts";
import { AddressSet } from "../listen/address.ts";
import { DnsLists } from "./dns-lists.ts";
import { type GateMetrics, gateMetrics } from "./gate-metrics.ts";
import type { GateSettings } from "./gate-settings.ts";
import { Greylist } from "./greylist.ts";
import { Rates } from "./rates.ts";
import { Tarpit } from "./tarpit.ts";
import { UnknownRecipients } from "./unknown-recipients.ts";

/** Why a client or a recipient was turned away. */
export type GateReason =
  | "total"
  | "at_once"
  | "too_often"
  | "no_proxy_header"
  | "early_talker"
  | "helo"
  | "block_list"
  | "null_mx"
  | "message_rate"
  | "recipient_rate"
  | "harvesting"
  | "greylisted"
  | "smuggling";

/** The listener has a line of its own for these: `connection_refused`, `proxy_header_missing`. */
const TOLD_BY_LISTENER: ReadonlySet<GateReason> = new Set([
  "total",
  "at_once",
  "too_often",
  "no_proxy_header",
]);

/** What all sessions of a server share that looks at clients before they may send. */
export interface Gate {
  readonly settings: GateSettings;
  readonly hostname: string;
  readonly resolver: Resolver;
  readonly exempt: AddressSet;
  readonly lists: DnsLists;
  readonly greylist: Greylist;
  readonly rates: Rates;
  readonly tarpit: Tarpit;
  readonly unknown: UnknownRecipients;
  /** Writes down that a client was turned away. */
  refused(service: "mx" | "submission", ip: string, reason: GateReason, count?: number): void;
}

/** One for each server: what it counts is its own. */
export function newGate(
  deps: { outbound: Outbound; resolver: Resolver; log: Log; registry: Registry; hostname: string },
  settings: GateSettings,
): Gate {
  const { outbound, resolver, log, hostname } = deps;
  const metrics: GateMetrics = gateMetrics(deps.registry);
  const { clock } = outbound.store;
  return {
    settings,
    hostname,
    resolver,
    exempt: new AddressSet(settings.exempt),
    lists: new DnsLists({ resolver, log, metrics, clock, timeoutMs: settings.dnsMs }),
    greylist: new Greylist({ outbound, resolver, hostname, metrics }),
    rates: new Rates(settings.limits, clock),
    tarpit: new Tarpit(settings, metrics.tarpitted),
    unknown: new UnknownRecipients(clock),
    refused(service, ip, reason, count = 1) {
      metrics.refusals.inc({ service, reason }, count);
      if (!TOLD_BY_LISTENER.has(reason)) log.info("gate_refused", { service, ip, reason, count });
    },
  };
}
